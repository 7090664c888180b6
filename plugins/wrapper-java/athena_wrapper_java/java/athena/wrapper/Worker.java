// The worker: reads HELLO, makes the wrapper, says READY or REFUSED, then serves until BYE.
package athena.wrapper;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What a wrapper's {@code main} calls:
 *
 * <pre>{@code
 * public static void main(String[] arguments) {
 *     Worker.run(MyWrapper::new);
 * }
 * }</pre>
 */
public final class Worker<S> {
    private final Link link;
    private final Greeting hello;
    private final Hooks<S> hooks;
    private final Lanes lanes;
    private final Calls calls;
    private final Map<Integer, SessionRun<S>> sessions = new ConcurrentHashMap<>();
    /** Questions are answered here: reading must never wait for writing, nor for a hook. */
    private final ExecutorService questions = Executors.newSingleThreadExecutor();
    private Map<String, Object> config;

    private Worker(Link link, Greeting hello, Hooks<S> hooks) {
        this.link = link;
        this.hello = hello;
        this.hooks = hooks;
        this.config = hello.config;
        this.lanes = new Lanes(hello.threads);
        this.calls = new Calls(link, hooks, lanes, hello.maxMessage);
    }

    /**
     * Be a worker. Does not return: the process ends with status 0 after the kernel's BYE, 2 when the wrapper was
     * refused, 3 when what came was not the protocol, and at once when the kernel has gone.
     *
     * @param made Makes the wrapper.
     */
    public static <S> void run(Callable<? extends Wrapper<S>> made) {
        String path = System.getenv("ATHENA_WORKER_SOCKET");
        if (path == null) {
            System.err.println("needs ATHENA_WORKER_SOCKET=PATH; the kernel starts workers, people do not");
            System.exit(2);
        }
        int status = 1;
        try {
            status = serve(Link.connected(path), made);
        } catch (Decoder.ProtocolError error) {
            System.err.println("athena.wrapper: " + error.getMessage());
            status = 3;
        } catch (Throwable error) {
            // Also when memory is short: a worker that cannot read any more is none.
            error.printStackTrace();
        }
        if (status != 0 && status != 2) {
            Runtime.getRuntime().halt(status);
        }
        System.exit(status);
    }

    private static <S> int serve(Link link, Callable<? extends Wrapper<S>> made) throws Exception {
        Frame frame = link.read();
        if (frame == null) {
            return 1;
        }
        if (frame.kind() != Frames.HELLO) {
            throw new Decoder.ProtocolError("a frame of kind " + frame.kind() + "; expected HELLO first");
        }
        Greeting hello = Greeting.of(frame);
        link.limit(hello.maxMessage);
        Logs.begin(link, hello.level);
        if (hello.low > Frames.API || hello.high < Frames.API) {
            String text = "this worker speaks api " + Frames.API + ", the kernel " + hello.low + " to " + hello.high;
            link.send(Frames.REFUSED, 0, new Encoder().string(1, "refused").string(2, text));
            return 2;
        }
        String doing = "the wrapper's constructor";
        try {
            phase(link, "load");
            Hooks<S> hooks = new Hooks<>(made.call());
            doing = "describe";
            phase(link, doing);
            Encoder ready = Greeting.ready(hooks.wrapper.describe(), hooks);
            if (hello.probe) {
                link.send(Frames.READY, 0, ready);
                return 0;
            }
            doing = "init";
            phase(link, doing);
            hooks.wrapper.init(hello.context());
            Worker<S> worker = new Worker<>(link, hello, hooks);
            link.send(Frames.READY, 0, ready);
            return worker.serve();
        } catch (Decoder.ProtocolError | IOException error) {
            throw error;
        } catch (Throwable error) {
            link.send(Frames.REFUSED, 0, Greeting.refusal(doing, error));
            return 2;
        }
    }

    private static void phase(Link link, String name) {
        link.send(Frames.PHASE, 0, new Encoder().string(1, name));
    }

    private int serve() throws IOException {
        for (Frame frame = link.read(); frame != null; frame = link.read()) {
            if (frame.kind() == Frames.BYE) {
                return leave();
            }
            take(frame);
        }
        return 1;  // the kernel has gone: halt, with whatever runs
    }

    private int leave() {
        questions.shutdown();
        if (lanes.stop()) {
            try {
                hooks.wrapper.fini();
            } catch (Throwable error) {
                Hooks.fault(error, "fini");
            }
        }
        return 0;
    }

    private void take(Frame frame) {
        int id = frame.id();
        switch (frame.kind()) {
            case Frames.CALL -> calls.call(frame);
            case Frames.BATCH -> calls.batch(frame);
            case Frames.CANCEL -> calls.cancel(id);
            case Frames.OPEN -> open(frame);
            case Frames.WRITE, Frames.ASK, Frames.CLOSE -> session(frame);
            case Frames.CREDIT -> credit(frame);
            case Frames.PING -> questions.execute(() -> link.send(Frames.PONG, id));
            case Frames.CHECK, Frames.RELOAD, Frames.RESOURCE_LOAD, Frames.RESOURCE_UNLOAD -> {
                Question question = question(frame);
                questions.execute(() -> answer(id, question));
            }
            case Frames.DRAIN, Frames.GATHER -> { }
            default -> throw new Decoder.ProtocolError("a frame of kind " + frame.kind());
        }
    }

    private void open(Frame frame) {
        int id = frame.id();
        Request opening = Heads.request(frame);
        sessions.put(id, new SessionRun<>(
                id, opening, link, hooks, lanes, hello.maxMessage, () -> sessions.remove(id)));
    }

    private void session(Frame frame) {
        SessionRun<S> session = sessions.get(frame.id());
        if (session == null) {
            return;  // it is over: the kernel does not know yet
        }
        switch (frame.kind()) {
            case Frames.WRITE -> session.write(frame);
            case Frames.ASK -> session.ask();
            default -> session.close();
        }
    }

    private void credit(Frame frame) {
        long messages = 0;
        long bytes = 0;
        for (Decoder head = frame.decoder(); head.next();) {
            messages = head.field == 1 ? head.value : messages;
            bytes = head.field == 2 ? head.value : bytes;
        }
        SessionRun<S> session = sessions.get(frame.id());
        if (session != null) {
            session.credit(messages, bytes);
        } else {
            calls.credit(frame.id(), messages, bytes);
        }
    }

    private record Question(String hook, Lanes.Alone work) {
    }

    private Question question(Frame frame) {
        Wrapper<S> wrapper = hooks.wrapper;
        if (frame.kind() == Frames.RESOURCE_LOAD) {
            Resource resource = Heads.resource(frame);
            return new Question("resourceLoad", () -> wrapper.resourceLoad(resource));
        }
        Map<String, Object> table = Map.of();
        String text = "";
        for (Decoder head = frame.decoder(); head.next();) {
            switch (head.field) {
                case 1 -> {
                    if (frame.kind() == Frames.RESOURCE_UNLOAD) {
                        text = head.text();
                    } else {
                        table = Greeting.table(head.inner());
                    }
                }
                case 3 -> text = head.text();
                default -> { }
            }
        }
        String said = text;
        Map<String, Object> after = table;
        return switch (frame.kind()) {
            case Frames.RESOURCE_UNLOAD -> new Question("resourceUnload", () -> wrapper.resourceUnload(said));
            case Frames.CHECK -> new Question(
                    "configCheck", () -> wrapper.configCheck(new Change(config, after, said)));
            default -> new Question("configReload", () -> {
                wrapper.configReload(new Change(config, after, said));
                config = after;
            });
        };
    }

    private void answer(int id, Question question) {
        try {
            lanes.alone(question.work);
            link.send(Frames.DONE, id);
        } catch (Throwable error) {
            link.send(Frames.REFUSED, id, Greeting.refusal(question.hook, error));
        }
    }
}
