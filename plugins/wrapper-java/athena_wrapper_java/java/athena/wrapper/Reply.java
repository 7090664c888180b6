// One answer.
package athena.wrapper;

import java.util.List;
import java.util.Map;

/**
 * One answer: parts, the stage (of interest in sessions: END is the last one), and attributes, such as billable units
 * under {@code usage.<unit>}.
 */
public record Reply(List<Part> parts, Stage stage, Map<String, String> attributes) implements Answer {
    public Reply {
        parts = List.copyOf(parts);
        attributes = Map.copyOf(attributes);
    }

    public static Reply of(Part... parts) {
        return new Reply(List.of(parts), Stage.ONCE, Map.of());
    }

    /** A session's reply; with END it is the last. */
    public static Reply of(Stage stage, List<Part> parts) {
        return new Reply(parts, stage, Map.of());
    }

    /** The same reply with one more attribute. */
    public Reply with(String name, String value) {
        return new Reply(parts, stage, Maps.with(attributes, name, value));
    }

    long size() {
        long size = 0;
        for (Part part : parts) {
            size += part.size();
        }
        return size;
    }
}
