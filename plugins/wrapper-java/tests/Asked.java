// A wrapper that is asked for its replies, a little later each; and whose batches are answered one by one.

import athena.wrapper.Answer;
import athena.wrapper.Fault;
import athena.wrapper.Part;
import athena.wrapper.Reply;
import athena.wrapper.Request;
import athena.wrapper.ServiceException;
import athena.wrapper.SessionContext;
import athena.wrapper.Stage;
import athena.wrapper.Worker;
import athena.wrapper.Wrapper;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

public final class Asked implements Wrapper<Asked.Slow> {
    public static void main(String[] arguments) {
        Worker.run(Asked::new);
    }

    static final class Slow {
        final Queue<String> said = new ArrayDeque<>();
        boolean ended;
        int asked;
    }

    @Override
    public List<? extends Answer> batchExec(List<Request> requests) {
        return requests.stream().map(request -> answered(request, requests.size())).toList();
    }

    private static Answer answered(Request request, int beside) {
        if (request.part("text").text().isEmpty()) {
            return new ServiceException(Fault.BAD_REQUEST, "text: is empty");
        }
        return Reply.of(Part.text("text", request.part("text").text()), Part.text("beside", String.valueOf(beside)));
    }

    @Override
    public Slow sessionCreate(SessionContext context) {
        return new Slow();
    }

    @Override
    public void sessionWrite(Slow session, Request request) {
        session.ended |= request.ended();
        for (Part part : request.parts()) {
            session.said.add(part.text());
        }
    }

    @Override
    public Reply sessionRead(Slow session) {
        if (++session.asked % 3 != 0) {
            return Reply.of();
        }
        String next = session.said.poll();
        if (next == null) {
            return session.ended ? Reply.of(Stage.END, List.of()) : Reply.of();
        }
        return Reply.of(Stage.CONTINUE, List.of(Part.text("text", next)));
    }
}
