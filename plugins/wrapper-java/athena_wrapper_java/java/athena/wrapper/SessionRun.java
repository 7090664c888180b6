// One session: its hooks run in order, never two at once, on whichever thread is free.
package athena.wrapper;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

final class SessionRun<S> implements SessionContext.Outbox {
    private static final long FIRST_WAIT = 5;
    private static final long LONGEST_WAIT = 100;
    private static final long PATIENCE = 1000;
    private final int id;
    private final Request opening;
    private final Link link;
    private final Hooks<S> hooks;
    private final Lanes lanes;
    private final long limit;
    private final Runnable gone;
    private final Window window = new Window();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Object sending = new Object();
    private final Queue<Runnable> jobs = new ArrayDeque<>();
    private final Set<String> streams = new HashSet<>();
    private boolean busy;
    private boolean ended;
    private int chain;
    private S session;

    /** @param gone Called when nothing will follow under its id. */
    SessionRun(int id, Request opening, Link link, Hooks<S> hooks, Lanes lanes, long limit, Runnable gone) {
        this.id = id;
        this.opening = opening;
        this.link = link;
        this.hooks = hooks;
        this.lanes = lanes;
        this.limit = limit;
        this.gone = gone;
        add(this::create);
    }

    void write(Frame frame) {
        Request request = Heads.write(frame, opening);
        add(() -> take(request, frame.data().length));
    }

    void ask() {
        if (hooks.read) {
            add(() -> read(0));
        }
    }

    void credit(long messages, long bytes) {
        window.give(messages, bytes);
    }

    /** The kernel ends it: what waits is dropped, what runs sees that it is cancelled. Never waits. */
    void close() {
        if (over.compareAndSet(false, true)) {
            leave();
        }
    }

    @Override
    public void emit(Reply said) {
        Reply reply = Hooks.checked(said, "outbox.emit", limit, "a Reply");
        if (reply.stage() == Stage.ONCE) {
            reply = new Reply(reply.parts(), Stage.CONTINUE, reply.attributes());
        }
        Encoder head = Heads.reply(reply);
        if (reply.stage() == Stage.END) {
            if (!over.compareAndSet(false, true)) {
                throw Hooks.cancelled();
            }
            synchronized (sending) {
                link.send(Frames.EMIT, id, head, reply.parts());
            }
            leave();
            return;
        }
        if (!window.take(reply.size(), opening.token)) {
            throw Hooks.cancelled();
        }
        synchronized (sending) {
            if (over.get()) {
                throw Hooks.cancelled();
            }
            link.send(Frames.EMIT, id, head, reply.parts());
        }
    }

    @Override
    public void fail(ServiceException error) {
        finish(Hooks.fault(error, "outbox.fail"));
    }

    private void finish(Encoder fault) {
        if (over.compareAndSet(false, true)) {
            synchronized (sending) {
                link.send(Frames.FAULT, id, fault);
            }
            leave();
        }
    }

    /** After the terminal event: destroy, once the hook that runs now has returned. */
    private void leave() {
        opening.token.cancelled = true;
        window.wake();
        add(this::destroy);
    }

    private void create() {
        if (over.get()) {
            return;
        }
        try {
            session = hooks.wrapper.sessionCreate(new SessionContext(opening, this));
            if (session == null) {
                throw Hooks.userError("sessionCreate", "returned null; expected what the other hooks are to be given");
            }
        } catch (Throwable error) {
            finish(Hooks.fault(error, "sessionCreate"));
            return;
        }
        synchronized (sending) {
            link.send(Frames.OPENED, id);
        }
    }

    private void take(Request request, int size) {
        if (!over.get() && session != null) {
            try {
                if (hooks.write || !hooks.batch) {
                    hooks.wrapper.sessionWrite(session, request);
                } else {
                    answer(request);
                }
            } catch (Throwable error) {
                finish(Hooks.fault(error, "sessionWrite"));
            }
        }
        link.send(Frames.ACK, id, Heads.credit(1, size));
        note(request.parts());
        if (hooks.read) {
            read(0);
        }
    }

    /** Where writes go to batchExec: this one by itself, and the last one ends the session. */
    private void answer(Request request) throws Exception {
        List<? extends Answer> answers = hooks.wrapper.batchExec(List.of(request));
        Answer answer = answers == null || answers.size() != 1 ? null : answers.get(0);
        if (answer instanceof ServiceException error) {
            throw error;
        }
        Reply reply = Hooks.checked(answer, "batchExec", limit, "a list of one Reply or ServiceException");
        note(request.parts());
        emit(new Reply(reply.parts(), ended ? Stage.END : Stage.CONTINUE, reply.attributes()));
    }

    /** Whether the input has ended: which streams a write opens and closes. */
    private void note(List<Part> parts) {
        boolean last = false;
        for (Part part : parts) {
            if (!part.stage().last()) {
                streams.add(part.key());
                continue;
            }
            streams.remove(part.key());
            last = true;
            ended |= part.key().isEmpty();
        }
        ended |= last && streams.isEmpty();
    }

    /** Ask for replies until there are none; then again a little later, as long as that makes sense. */
    private void read(long waited) {
        int own = ++chain;
        long patience = waited;
        try {
            while (!over.get() && session != null) {
                Reply reply = Hooks.checked(hooks.wrapper.sessionRead(session), "sessionRead", limit, "a Reply");
                if (reply.parts().isEmpty() && reply.stage() != Stage.END) {
                    again(patience, own);
                    return;
                }
                emit(reply);
                patience = 0;
            }
        } catch (Throwable error) {
            finish(Hooks.fault(error, "sessionRead"));
        }
    }

    private void again(long waited, int own) {
        if (waited >= PATIENCE && !ended) {
            return;
        }
        long delay = Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, waited));
        lanes.later(delay, () -> add(() -> {
            if (own == chain) {  // else a write or a read has asked since; its own chain goes on
                read(waited + delay);
            }
        }));
    }

    private void destroy() {
        if (session != null) {
            try {
                hooks.wrapper.sessionDestroy(session);
            } catch (Throwable error) {
                Hooks.fault(error, "sessionDestroy");  // logged: its client was told its terminal event already
            }
            session = null;
        }
        gone.run();
        synchronized (sending) {
            link.send(Frames.CLOSED, id);
        }
    }

    private void add(Runnable job) {
        synchronized (jobs) {
            jobs.add(job);
            if (busy) {
                return;
            }
            busy = true;
        }
        lanes.submit(this::turn);
    }

    /** One job; the next one takes its turn behind what others have waiting. */
    private void turn() {
        Runnable job;
        synchronized (jobs) {
            job = jobs.remove();
        }
        job.run();
        synchronized (jobs) {
            if (jobs.isEmpty()) {
                busy = false;
                return;
            }
        }
        lanes.submit(this::turn);
    }
}
