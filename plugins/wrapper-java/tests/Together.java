// A wrapper whose sessions have no hook for writes: they are answered in batches, as calls are.

import athena.wrapper.Answer;
import athena.wrapper.Description;
import athena.wrapper.Fault;
import athena.wrapper.Part;
import athena.wrapper.Reply;
import athena.wrapper.Request;
import athena.wrapper.ServiceException;
import athena.wrapper.SessionContext;
import athena.wrapper.Worker;
import athena.wrapper.Wrapper;
import java.util.List;

public final class Together implements Wrapper<String> {
    public static void main(String[] arguments) {
        Worker.run(Together::new);
    }

    @Override
    public Description describe() {
        return new Description("1", "Counts bytes.").output(Description.Field.text("bytes", "How many."));
    }

    @Override
    public String sessionCreate(SessionContext context) {
        return context.sid();
    }

    @Override
    public List<? extends Answer> batchExec(List<Request> requests) {
        return requests.stream().map(Together::counted).toList();
    }

    private static Answer counted(Request request) {
        if (request.params().containsKey("bad")) {
            return new ServiceException(Fault.BAD_REQUEST, "bad: must not be");
        }
        int size = request.parts().stream().mapToInt(Part::size).sum();
        return Reply.of(Part.text("bytes", String.valueOf(size)));
    }
}
