// Protobuf, written by hand: as much as the heads need.
package athena.wrapper;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** One message under construction; a field with its default value is left out where proto3 leaves it out. */
final class Encoder {
    byte[] bytes = new byte[64];
    int size;

    Encoder string(int field, String value) {
        return value.isEmpty() ? this : text(field, value);
    }

    /** A string that is sent also when it is empty. */
    Encoder text(int field, String value) {
        return data(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Encoder message(int field, Encoder inner) {
        varint((long) field << 3 | 2);
        varint(inner.size);
        room(inner.size);
        System.arraycopy(inner.bytes, 0, bytes, size, inner.size);
        size += inner.size;
        return this;
    }

    Encoder number(int field, long value) {
        return value == 0 ? this : present(field, value);
    }

    /** A number that is sent also when it is 0. */
    Encoder present(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    /** A sint64. */
    Encoder signed(int field, long value) {
        return present(field, value << 1 ^ value >> 63);
    }

    Encoder real(int field, double value) {
        varint((long) field << 3 | 1);
        room(8);
        long bits = Double.doubleToRawLongBits(value);
        for (int shift = 0; shift < 64; shift += 8) {
            bytes[size++] = (byte) (bits >>> shift);
        }
        return this;
    }

    Encoder map(int field, Map<String, String> map) {
        map.forEach((key, value) -> message(field, new Encoder().text(1, key).text(2, value)));
        return this;
    }

    private Encoder data(int field, byte[] value) {
        varint((long) field << 3 | 2);
        varint(value.length);
        room(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    private void varint(long value) {
        room(10);
        long rest = value;
        while ((rest & ~127L) != 0) {
            bytes[size++] = (byte) (rest & 127 | 128);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    private void room(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
        }
    }
}
