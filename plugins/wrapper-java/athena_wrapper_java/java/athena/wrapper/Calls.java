// The calls that are open: each is run once, and gets exactly one end.
package athena.wrapper;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

final class Calls {
    private final Link link;
    private final Hooks<?> hooks;
    private final Lanes lanes;
    private final long limit;
    private final Map<Integer, Call> open = new ConcurrentHashMap<>();

    private record Call(int id, Request request, Window window) {
    }

    Calls(Link link, Hooks<?> hooks, Lanes lanes, long limit) {
        this.link = link;
        this.hooks = hooks;
        this.lanes = lanes;
        this.limit = limit;
    }

    void call(Frame frame) {
        Call call = new Call(frame.id(), Heads.request(frame), new Window());
        open.put(call.id, call);
        if (!call.request.held) {
            lanes.submit(() -> run(call));
        }
    }

    /** Run held calls together. */
    void batch(Frame frame) {
        List<Call> calls = new ArrayList<>();
        for (int id : Heads.batch(frame)) {
            Call call = open.get(id);
            if (call == null) {
                throw new Decoder.ProtocolError("a BATCH of a call that is not held");
            }
            calls.add(call);
        }
        lanes.submit(() -> run(calls));
    }

    void cancel(int id) {
        Call call = open.get(id);
        if (call != null) {
            call.request.token.cancelled = true;
            call.window.wake();
        }
    }

    void credit(int id, long messages, long bytes) {
        Call call = open.get(id);
        if (call != null) {
            call.window.give(messages, bytes);
        }
    }

    private void run(Call call) {
        if (!hooks.once) {
            run(List.of(call));
            return;
        }
        if (unwanted(call)) {
            return;
        }
        try {
            Answer answer = hooks.wrapper.onceExec(call.request);
            if (answer instanceof Items items) {
                iterate(call, items.replies());
            } else {
                end(call, Hooks.checked(answer, "onceExec", limit, "a Reply or Items"));
            }
        } catch (Throwable error) {
            fail(call, Hooks.fault(error, "onceExec"));
        }
    }

    private void iterate(Call call, Iterator<Reply> replies) throws Exception {
        String hook = "onceExec's iterator";
        Encoder failure = null;
        try {
            while (replies.hasNext()) {
                Reply reply = Hooks.checked(replies.next(), hook, limit, "a Reply");
                if (!call.window.take(reply.size(), call.request.token)) {
                    throw Hooks.cancelled();
                }
                link.send(Frames.ITEM, call.id, Heads.reply(reply), reply.parts());
            }
        } catch (Throwable error) {
            failure = Hooks.fault(error, hook);
        }
        // What it holds is free before anybody is told that the call is over.
        try {
            if (replies instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } catch (Throwable error) {
            failure = failure == null ? Hooks.fault(error, hook) : failure;
        }
        if (failure != null) {
            fail(call, failure);
        } else {
            open.remove(call.id);
            link.send(Frames.DONE, call.id);
        }
    }

    private void run(List<Call> calls) {
        List<Call> wanted = new ArrayList<>(calls);
        wanted.removeIf(this::unwanted);
        if (wanted.isEmpty()) {
            return;
        }
        List<? extends Answer> answers;
        try {
            List<Request> requests = new ArrayList<>();
            wanted.forEach(call -> requests.add(call.request));
            answers = hooks.wrapper.batchExec(requests);
            if (answers == null || answers.size() != wanted.size()) {
                String came = answers == null ? "null" : answers.size() + " items";
                throw Hooks.userError("batchExec", "returned " + came + "; expected a list of " + wanted.size());
            }
        } catch (Throwable error) {
            Encoder fault = Hooks.fault(error, "batchExec");
            wanted.forEach(call -> fail(call, fault));
            return;
        }
        Iterator<Call> each = wanted.iterator();
        for (Answer answer : Collections.unmodifiableList(answers)) {
            Call call = each.next();
            try {
                if (answer instanceof ServiceException error) {
                    throw error;
                }
                end(call, Hooks.checked(answer, "batchExec", limit, "a list of Reply or ServiceException"));
            } catch (Throwable error) {
                fail(call, Hooks.fault(error, "batchExec"));
            }
        }
    }

    private boolean unwanted(Call call) {
        if (!call.request.cancelled()) {
            return false;
        }
        String text = "the call was cancelled before it began";
        fail(call, Heads.fault(new ServiceException(Fault.CANCELLED, text), "no", ""));
        return true;
    }

    // The kernel may give the id to another call as soon as it has read the answer: it is forgotten first.

    private void end(Call call, Reply reply) {
        Encoder head = Heads.reply(reply);
        open.remove(call.id);
        link.send(Frames.DONE, call.id, head, reply.parts());
    }

    private void fail(Call call, Encoder fault) {
        open.remove(call.id);
        link.send(Frames.FAULT, call.id, fault);
    }
}
