// The heads of frames: values to protobuf and back.
package athena.wrapper;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Heads {
    /** A deadline that there is not. */
    static final long NEVER = Long.MAX_VALUE;

    private Heads() {
    }

    /** A Request's head; its parts need the frame's data. */
    static final class Call {
        String sid = "";
        Map<String, String> params = Map.of();
        Map<String, String> headers = Map.of();
        List<Request.Expectation> expect = List.of();
        Request.Principal principal = new Request.Principal("", "");
        long deadline = NEVER;
        boolean held;
    }

    static Request request(Frame frame) {
        return request(frame, new Call(), new Token());
    }

    /** A WRITE; what its head does not say is that of its session. */
    static Request write(Frame frame, Request opening) {
        Call call = new Call();
        call.sid = opening.sid();
        call.principal = opening.principal();
        call.deadline = opening.deadline;
        return request(frame, call, opening.token);
    }

    private static Request request(Frame frame, Call call, Token token) {
        Parts parts = new Parts(frame.data());
        for (Decoder head = frame.decoder(); head.next();) {
            switch (head.field) {
                case 1 -> call.sid = head.text();
                case 2 -> parts.add(head.inner());
                case 3 -> head.entry(call.params = changeable(call.params));
                case 4 -> head.entry(call.headers = changeable(call.headers));
                case 5 -> {
                    call.expect = new ArrayList<>(call.expect);
                    call.expect.add(expectation(head.inner()));
                }
                case 6 -> call.deadline = System.nanoTime() + 1000 * head.value;
                case 7 -> call.principal = principal(head.inner());
                case 8 -> call.held = head.value != 0;
                default -> { }
            }
        }
        return new Request(call, parts.whole(), token);
    }

    private static Map<String, String> changeable(Map<String, String> map) {
        return map.isEmpty() ? new LinkedHashMap<>() : map;
    }

    private static Request.Expectation expectation(Decoder head) {
        String key = "";
        Kind kind = null;
        Map<String, String> attributes = new LinkedHashMap<>();
        while (head.next()) {
            switch (head.field) {
                case 1 -> key = head.text();
                case 2 -> kind = Kind.of(head.value);
                case 3 -> head.entry(attributes);
                default -> { }
            }
        }
        return new Request.Expectation(key, kind, attributes);
    }

    private static Request.Principal principal(Decoder head) {
        String id = "";
        String guard = "";
        while (head.next()) {
            if (head.field == 1) {
                id = head.text();
            } else if (head.field == 2) {
                guard = head.text();
            }
        }
        return new Request.Principal(id, guard);
    }

    /** Parts, each with its piece of the frame's data. */
    private static final class Parts {
        private final byte[] data;
        private final List<Part> found = new ArrayList<>(2);
        private long at;

        Parts(byte[] data) {
            this.data = data;
        }

        void add(Decoder head) {
            String key = "";
            Kind kind = Kind.TEXT;
            Stage stage = Stage.BEGIN;
            Long seq = null;
            Map<String, String> attributes = Map.of();
            long size = 0;
            while (head.next()) {
                switch (head.field) {
                    case 1 -> key = head.text();
                    case 2 -> kind = Kind.of(head.value);
                    case 3 -> stage = Stage.of(head.value);
                    case 4 -> seq = head.value;
                    case 5 -> head.entry(attributes = changeable(attributes));
                    case 6 -> size = head.value;
                    default -> { }
                }
            }
            if (size < 0 || size > data.length - at) {
                throw new Decoder.ProtocolError("a part that reaches beyond the data");
            }
            found.add(new Part(key, kind, stage, seq, attributes, data, (int) at, (int) size));
            at += size;
        }

        List<Part> whole() {
            if (at != data.length) {
                throw new Decoder.ProtocolError("data that belongs to no part");
            }
            return found;
        }
    }

    static Encoder reply(Reply reply) {
        Encoder head = new Encoder();
        for (Part part : reply.parts()) {
            Encoder inner = new Encoder().string(1, part.key()).number(2, part.kind().ordinal());
            inner.number(3, part.stage().ordinal());
            if (part.seq() != null) {
                inner.present(4, part.seq());
            }
            head.message(1, inner.map(5, part.attributes()).number(6, part.size()));
        }
        head.present(2, reply.stage().ordinal()).map(3, reply.attributes());
        if (head.size > Frames.HEAD_LIMIT) {
            throw new ServiceException(Fault.TOO_LARGE, "the keys and attributes of a reply are more than can travel");
        }
        return head;
    }

    static Encoder fault(ServiceException error, String executed, String errorId) {
        String message = error.getMessage() == null ? "" : error.getMessage();
        Encoder head = new Encoder().string(1, error.fault().name()).string(2, message).string(3, executed);
        if (error.code() != null) {
            head.signed(4, error.code());
        }
        return head.string(6, errorId);
    }

    static Encoder credit(long messages, long bytes) {
        return new Encoder().number(1, messages).number(2, bytes);
    }

    static Resource resource(Frame frame) {
        String id = "";
        Parts parts = new Parts(frame.data());
        Map<String, String> attributes = new LinkedHashMap<>();
        for (Decoder head = frame.decoder(); head.next();) {
            switch (head.field) {
                case 1 -> id = head.text();
                case 2 -> parts.add(head.inner());
                case 3 -> head.entry(attributes);
                default -> { }
            }
        }
        return new Resource(id, parts.whole(), attributes);
    }

    /** The ids that a BATCH names. */
    static List<Integer> batch(Frame frame) {
        List<Integer> ids = new ArrayList<>();
        for (Decoder head = frame.decoder(); head.next();) {
            if (head.field != 1) {
                continue;
            }
            if (!head.pieces()) {
                ids.add((int) head.value);
                continue;
            }
            for (Decoder list = head.inner(); list.more();) {
                ids.add((int) list.packed());
            }
        }
        return ids;
    }
}
