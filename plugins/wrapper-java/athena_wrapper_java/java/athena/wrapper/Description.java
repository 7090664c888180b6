// What a wrapper takes and gives, as data.
package athena.wrapper;

import java.util.ArrayList;
import java.util.List;

/** Told before anything is loaded; the kernel checks requests against it. Its methods hand back itself. */
public final class Description {
    final String version;
    final String summary;
    final List<Field> inputs = new ArrayList<>();
    final List<Field> outputs = new ArrayList<>();
    final List<Param> params = new ArrayList<>();

    /** @param summary One sentence for people. */
    public Description(String version, String summary) {
        this.version = version;
        this.summary = summary;
    }

    public Description input(Field field) {
        inputs.add(field);
        return this;
    }

    public Description output(Field field) {
        outputs.add(field);
        return this;
    }

    public Description param(Param param) {
        params.add(param);
        return this;
    }

    /**
     * One named input or output.
     *
     * @param key The part's key; {@code *} stands for any.
     * @param kind The only kind it may have; null for any.
     * @param formats Values of the attributes {@code format} or {@code encoding}; empty for any.
     * @param schema A JSON Schema of a JSON value, as text; "" where there is none.
     */
    public record Field(String key, Kind kind, boolean required, List<String> formats, String schema, String summary) {
        public static Field text(String key, String summary) {
            return new Field(key, Kind.TEXT, true, List.of(), "", summary);
        }

        public static Field of(String key, Kind kind, String summary) {
            return new Field(key, kind, true, List.of(), "", summary);
        }

        /** Whatever comes. */
        public static Field anything(String summary) {
            return new Field("*", null, false, List.of(), "", summary);
        }

        public Field optional() {
            return new Field(key, kind, false, formats, schema, summary);
        }
    }

    /**
     * One parameter; values travel as strings.
     *
     * @param type {@code string}, {@code integer}, {@code number} or {@code boolean}.
     * @param initial What is assumed when it is not given; null for nothing.
     * @param minimum Inclusive, of strings the length; null for none.
     */
    public record Param(
            String key, String type, boolean required, String initial, Double minimum, Double maximum,
            List<String> choices, String summary) {
        public static Param string(String key, String summary) {
            return new Param(key, "string", false, null, null, null, List.of(), summary);
        }

        public static Param integer(String key, double minimum, double maximum, String summary) {
            return new Param(key, "integer", false, null, minimum, maximum, List.of(), summary);
        }

        public static Param number(String key, double minimum, double maximum, String summary) {
            return new Param(key, "number", false, null, minimum, maximum, List.of(), summary);
        }

        public static Param choice(String key, String summary, String... choices) {
            return new Param(key, "string", false, null, null, null, List.of(choices), summary);
        }
    }
}
