// One named piece of a request or reply.
package athena.wrapper;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** Bytes with a name, a kind and a place in their stream. They are not copied: what was given away stays as it is. */
public final class Part {
    private final String key;
    private final Kind kind;
    private final Stage stage;
    private final Long seq;
    private final Map<String, String> attributes;
    private final byte[] array;
    private final int offset;
    private final int size;

    Part(
            String key, Kind kind, Stage stage, Long seq, Map<String, String> attributes,
            byte[] array, int offset, int size) {
        this.key = key;
        this.kind = kind;
        this.stage = stage;
        this.seq = seq;
        this.attributes = attributes;
        this.array = array;
        this.offset = offset;
        this.size = size;
    }

    public static Part text(String key, String text) {
        return of(key, Kind.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Part of(String key, Kind kind, byte[] data) {
        return new Part(key, kind, Stage.ONCE, null, Map.of(), data, 0, data.length);
    }

    /** The same part with another stage. */
    public Part at(Stage stage) {
        return new Part(key, kind, stage, seq, attributes, array, offset, size);
    }

    /** The same part with one more attribute. */
    public Part with(String name, String value) {
        return new Part(key, kind, stage, seq, Maps.with(attributes, name, value), array, offset, size);
    }

    public String key() {
        return key;
    }

    public Kind kind() {
        return kind;
    }

    public Stage stage() {
        return stage;
    }

    /** Its number in its stream, or null. */
    public Long seq() {
        return seq;
    }

    public Map<String, String> attributes() {
        return attributes;
    }

    public int size() {
        return size;
    }

    /** The bytes; to be read only, they may be shared. */
    public byte[] bytes() {
        return offset == 0 && size == array.length ? array : Arrays.copyOfRange(array, offset, offset + size);
    }

    /** The bytes, without a copy. */
    public ByteBuffer buffer() {
        return ByteBuffer.wrap(array, offset, size).slice().asReadOnlyBuffer();
    }

    /** The bytes as text; BAD_REQUEST where they are not UTF-8. */
    public String text() {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(array, offset, size)).toString();
        } catch (CharacterCodingException error) {
            throw new ServiceException(Fault.BAD_REQUEST, key + ": is not UTF-8");
        }
    }

    byte[] array() {
        return array;
    }

    int offset() {
        return offset;
    }
}
