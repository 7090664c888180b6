// Protobuf, read by hand: field by field, and what is unknown is passed over.
package athena.wrapper;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Walks through one message. What is not a message is a {@link ProtocolError}. */
final class Decoder {
    /** The field that {@link #next} has found. */
    int field;
    /** Its number, for those that are numbers. */
    long value;
    private final byte[] bytes;
    private final int end;
    private int at;
    private int wire;
    private int start;
    private int stop;

    Decoder(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    static final class ProtocolError extends RuntimeException {
        private static final long serialVersionUID = 1;

        ProtocolError(String text) {
            super(text);
        }
    }

    /** Go to the next field; false where there is none. */
    boolean next() {
        if (at == end) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        wire = (int) (tag & 7);
        switch (wire) {
            case 0 -> value = varint();
            case 1 -> value = fixed(8);
            case 5 -> value = fixed(4);
            case 2 -> {
                long size = varint();
                if (size < 0 || size > end - at) {
                    throw new ProtocolError("a head whose field reaches beyond it");
                }
                start = at;
                at += (int) size;
                stop = at;
            }
            default -> throw new ProtocolError("a head with a field of wire type " + wire);
        }
        return true;
    }

    String text() {
        return new String(bytes, start(), stop - start, StandardCharsets.UTF_8);
    }

    Decoder inner() {
        return new Decoder(bytes, start(), stop);
    }

    double real() {
        return Double.longBitsToDouble(value);
    }

    long signed() {
        return value >>> 1 ^ -(value & 1);
    }

    /** Put one entry of a map of strings. */
    void entry(Map<String, String> map) {
        String key = "";
        String found = "";
        for (Decoder entry = inner(); entry.next();) {
            if (entry.field == 1) {
                key = entry.text();
            } else if (entry.field == 2) {
                found = entry.text();
            }
        }
        map.put(key, found);
    }

    /** The next number of a packed list; call while {@link #more}. */
    long packed() {
        return varint();
    }

    boolean more() {
        return at < end;
    }

    /** Whether the field is a list in one piece; else it is one number of it. */
    boolean pieces() {
        return wire == 2;
    }

    private int start() {
        if (wire != 2) {
            throw new ProtocolError("a head whose field " + field + " has another type");
        }
        return start;
    }

    private long fixed(int count) {
        if (end - at < count) {
            throw new ProtocolError("a head that ends within a number");
        }
        long found = 0;
        for (int index = 0; index < count; index++) {
            found |= (bytes[at++] & 255L) << 8 * index;
        }
        return found;
    }

    private long varint() {
        long found = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at >= end) {
                throw new ProtocolError("a head that ends within a number");
            }
            byte next = bytes[at++];
            found |= (next & 127L) << shift;
            if (next >= 0) {
                return found;
            }
        }
        throw new ProtocolError("a head with a number that does not end");
    }
}
