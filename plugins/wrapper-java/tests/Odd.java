// A wrapper that does to its worker what no wrapper should, and some things that one may.

import athena.wrapper.Answer;
import athena.wrapper.Change;
import athena.wrapper.Context;
import athena.wrapper.Description;
import athena.wrapper.Fault;
import athena.wrapper.Items;
import athena.wrapper.Kind;
import athena.wrapper.Part;
import athena.wrapper.Reply;
import athena.wrapper.Request;
import athena.wrapper.Resource;
import athena.wrapper.ServiceException;
import athena.wrapper.SessionContext;
import athena.wrapper.SettingsException;
import athena.wrapper.Stage;
import athena.wrapper.Worker;
import athena.wrapper.Wrapper;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;

public final class Odd implements Wrapper<Odd.Talk> {
    private static final Logger LOG = Logger.getLogger("odd");
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger destroyed = new AtomicInteger();
    private final Map<String, String> resources = new ConcurrentSkipListMap<>();
    private Context context;
    private Map<String, Object> config;

    public static void main(String[] arguments) {
        Worker.run(Odd::new);
    }

    @Override
    public Description describe() {
        return new Description("2.1", "Odd.")
                .input(Description.Field.text("text", "Some text.").optional())
                .output(Description.Field.anything("Whatever."))
                .param(Description.Param.choice("tone", "How it is said.", "low", "high"));
    }

    @Override
    public void init(Context given) {
        context = given;
        config = given.config();
        if ("no".equals(config.get("start"))) {
            throw new IllegalStateException("not today");
        }
        if (config.get("limit") instanceof Long limit && limit < 0) {
            throw new SettingsException("must not be negative", "limit");
        }
    }

    @Override
    public Answer onceExec(Request request) throws Exception {
        return switch (request.params().getOrDefault("do", "see")) {
            case "see" -> see(request);
            case "throw" -> throw new IllegalStateException("a secret of the wrapper");
            case "code" -> throw new ServiceException(-4711, "the model says no");
            case "bad" -> throw new ServiceException(Fault.BAD_REQUEST, "text: not like that");
            case "nothing" -> null;
            case "deep" -> deep(request);
            case "large" -> Reply.of(Part.of("data", Kind.OTHER, new byte[3 << 20]));
            case "wait" -> await(request);
            case "interrupt" -> interrupt(request);
            case "many" -> new Items(new Numbers(Integer.parseInt(request.params().get("n"))));
            case "torn" -> Items.of(told("one"), told("two"), Reply.of(Part.of("x", Kind.OTHER, new byte[3 << 20])));
            case "log" -> log(request);
            case "flood" -> flood();
            case "halt" -> halt();
            default -> throw new ServiceException(Fault.BAD_REQUEST, "do: unknown");
        };
    }

    private Reply see(Request request) {
        return told(String.join("|", List.of(
                "pid=" + ProcessHandle.current().pid(), "config=" + config, "threads=" + context.threads(),
                "resources=" + resources, "made=" + made, "closed=" + closed, "destroyed=" + destroyed,
                "deadline=" + (request.remaining() != null), "by=" + request.principal().id())));
    }

    private static Reply told(String text) {
        return Reply.of(Part.text("text", text)).with("usage.words", "1");
    }

    private Reply deep(Request request) {
        return deep(request).with("deeper", "still");
    }

    private Reply await(Request request) throws InterruptedException {
        LOG.info("waits");
        while (!request.cancelled()) {
            Thread.sleep(5);
        }
        LOG.info("saw that nobody waits");
        throw new IllegalStateException("stopped");
    }

    /** A wrapper's interrupt must not close the worker's stream. */
    private Reply interrupt(Request request) {
        Thread.currentThread().interrupt();
        LOG.info("interrupted");
        return told(String.valueOf(Thread.interrupted()));
    }

    private Reply log(Request request) {
        LOG.warning("a warning from " + request.part("text").text());
        LOG.fine("nobody sees this");
        System.out.println("printed by java");
        return told("logged");
    }

    private Reply flood() {
        for (int count = 0; count < 3000; count++) {
            LOG.info("again");
        }
        return told("flooded");
    }

    private static Reply halt() {
        Runtime.getRuntime().halt(9);
        return Reply.of();
    }

    /** Items that count how many were made, and whether they were closed. */
    private final class Numbers implements Iterator<Reply>, AutoCloseable {
        private int left;

        Numbers(int left) {
            this.left = left;
        }

        @Override
        public boolean hasNext() {
            return left > 0;
        }

        @Override
        public Reply next() {
            left--;
            return told(String.valueOf(made.incrementAndGet()));
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    /** A session that answers from a thread of its own. */
    record Talk(SessionContext context) {
    }

    @Override
    public Talk sessionCreate(SessionContext given) {
        if ("no".equals(given.params().get("open"))) {
            throw new ServiceException(Fault.FORBIDDEN, "not for you");
        }
        return new Talk(given);
    }

    @Override
    public void sessionWrite(Talk talk, Request request) {
        String text = request.part("text").text();
        if (text.equals("throw")) {
            throw new IllegalStateException("in a session");
        }
        if (text.equals("who")) {
            talk.context.outbox().emit(told(request.sid()));
            return;
        }
        new Thread(() -> answer(talk, request, text)).start();
    }

    private static void answer(Talk talk, Request request, String text) {
        if (text.equals("fail")) {
            talk.context.outbox().fail(new ServiceException(7, "from another thread"));
            return;
        }
        int times = Integer.parseInt(text);
        for (int count = 1; count <= times; count++) {
            boolean last = count == times && request.ended();
            talk.context.outbox().emit(Reply.of(last ? Stage.END : Stage.ONCE, List.of(Part.text("text", "" + count))));
        }
    }

    @Override
    public void sessionDestroy(Talk talk) {
        destroyed.incrementAndGet();
    }

    @Override
    public void configCheck(Change change) {
        if ("refused".equals(change.after().get("word"))) {
            throw new SettingsException("not this word", "word");
        }
    }

    @Override
    public void configReload(Change change) {
        config = change.after();
    }

    @Override
    public void resourceLoad(Resource resource) {
        resources.put(resource.id(), resource.parts().get(0).text());
    }

    @Override
    public void resourceUnload(String id) {
        resources.remove(id);
    }
}
