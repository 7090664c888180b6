// The example to read first: every hook a wrapper in Java may answer, in the fewest lines.

import athena.wrapper.Answer;
import athena.wrapper.Description;
import athena.wrapper.Fault;
import athena.wrapper.Items;
import athena.wrapper.Part;
import athena.wrapper.Reply;
import athena.wrapper.Request;
import athena.wrapper.ServiceException;
import athena.wrapper.SessionContext;
import athena.wrapper.Stage;
import athena.wrapper.Worker;
import athena.wrapper.Wrapper;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Answers with what it was sent: once, item by item, in a session, in a batch. */
public final class Echo implements Wrapper<Echo.Conversation> {
    public static void main(String[] arguments) {
        Worker.run(Echo::new);
    }

    @Override
    public Description describe() {
        return new Description("1.0", "Answers with what it was sent, in Java.")
                .input(Description.Field.anything("Whatever you send."))
                .output(Description.Field.anything("The same again."))
                .param(Description.Param.integer("times", 0, 1_000_000, "Answer with so many items."))
                .param(Description.Param.number("delay_ms", 0, 3_600_000, "Milliseconds to wait before the reply."));
    }

    @Override
    public Answer onceExec(Request request) throws InterruptedException {
        await(request);
        Reply reply = new Reply(request.parts(), Stage.ONCE, Map.of());
        String times = request.params().get("times");
        return times == null ? reply : new Items(Stream.generate(() -> reply).limit(Long.parseLong(times)).iterator());
    }

    @Override
    public List<? extends Answer> batchExec(List<Request> requests) {
        return requests.stream().map(request -> Reply.of(Stage.ONCE, request.parts())).toList();
    }

    /** What sessionCreate returns comes back in the other session hooks. */
    @Override
    public Conversation sessionCreate(SessionContext context) {
        return new Conversation(context);
    }

    @Override
    public void sessionWrite(Conversation session, Request request) {
        session.answer(request);
    }

    /** One session: its outbox, and which of its streams are still open. */
    static final class Conversation {
        private final SessionContext context;
        private final Set<String> open = new HashSet<>();

        Conversation(SessionContext context) {
            this.context = context;
        }

        /** Echo one write; the reply to the last one ends the session. */
        void answer(Request request) {
            for (Part part : request.parts()) {
                if (!part.stage().last()) {
                    open.add(part.key());
                } else if (part.key().isEmpty()) {
                    open.clear();  // the bare end mark: nothing more comes in any stream
                } else {
                    open.remove(part.key());
                }
            }
            Stage stage = request.ended() && open.isEmpty() ? Stage.END : Stage.CONTINUE;
            List<Part> parts = request.parts().stream().filter(part -> !part.key().isEmpty())
                    .collect(Collectors.toList());
            context.outbox().emit(Reply.of(stage, parts));
        }
    }

    /** Sleep for delay_ms, but no longer than somebody waits for the answer. */
    private static void await(Request request) throws InterruptedException {
        double delay = Double.parseDouble(request.params().getOrDefault("delay_ms", "0"));
        long until = System.nanoTime() + (long) (1e6 * delay);
        while (System.nanoTime() < until) {
            if (request.cancelled()) {
                throw new ServiceException(Fault.CANCELLED, "nobody waits for this echo any more");
            }
            Thread.sleep(Math.max(1, Math.min(10, (until - System.nanoTime()) / 1_000_000)));
        }
    }
}
