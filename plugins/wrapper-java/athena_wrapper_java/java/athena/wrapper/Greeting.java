// What the two ends tell each other first: HELLO, READY and REFUSED; and tables of configuration.
package athena.wrapper;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class Greeting {
    long low;
    long high;
    String service = "";
    String folder = "";
    Map<String, Object> config = Map.of();
    List<String> devices = new ArrayList<>();
    long maxMessage = 32L * Frames.MEBI;
    int threads = 1;
    boolean probe;
    String level = "info";

    static Greeting of(Frame frame) {
        Greeting found = new Greeting();
        for (Decoder head = frame.decoder(); head.next();) {
            switch (head.field) {
                case 1 -> found.low = head.value;
                case 2 -> found.high = head.value;
                case 3 -> found.service = head.text();
                case 5 -> found.folder = head.text();
                case 6 -> found.config = table(head.inner());
                case 8 -> found.devices.add(head.text());
                case 9 -> found.limits(head.inner());
                case 10 -> found.threads = (int) Math.max(1, head.value);
                case 11 -> found.probe = head.value != 0;
                case 12 -> found.level = head.text();
                default -> { }
            }
        }
        return found;
    }

    private void limits(Decoder head) {
        while (head.next()) {
            if (head.field == 1) {
                maxMessage = head.value;
            }
        }
    }

    Context context() {
        return new Context(service, folder, config, List.copyOf(devices), threads, maxMessage);
    }

    /** A Table, as maps, lists, strings, longs, doubles and booleans. */
    static Map<String, Object> table(Decoder head) {
        Map<String, Object> found = new LinkedHashMap<>();
        while (head.next()) {
            if (head.field != 1) {
                continue;
            }
            String key = "";
            Object value = "";
            for (Decoder entry = head.inner(); entry.next();) {
                if (entry.field == 1) {
                    key = entry.text();
                } else if (entry.field == 2) {
                    value = value(entry.inner());
                }
            }
            found.put(key, value);
        }
        return found;
    }

    private static Object value(Decoder head) {
        Object found = "";
        while (head.next()) {
            switch (head.field) {
                case 1, 7 -> found = head.text();
                case 2 -> found = head.signed();
                case 3 -> found = head.real();
                case 4 -> found = head.value != 0;
                case 5 -> found = list(head.inner());
                case 6 -> found = table(head.inner());
                default -> { }
            }
        }
        return found;
    }

    private static List<Object> list(Decoder head) {
        List<Object> found = new ArrayList<>();
        while (head.next()) {
            if (head.field == 1) {
                found.add(value(head.inner()));
            }
        }
        return found;
    }

    static Encoder ready(Description description, Hooks<?> hooks) {
        Encoder told = new Encoder().string(1, description.version).string(2, description.summary);
        description.inputs.forEach(field -> told.message(3, field(field)));
        description.outputs.forEach(field -> told.message(4, field(field)));
        description.params.forEach(param -> told.message(5, param(param)));
        hooks.operations().forEach(operation -> told.text(6, operation));
        Encoder head = new Encoder().present(1, Frames.API).message(2, told);
        hooks.names().forEach(name -> head.text(3, name));
        return head.text(4, "java " + Runtime.version().feature());
    }

    private static Encoder field(Description.Field field) {
        Encoder told = new Encoder().string(1, field.key());
        if (field.kind() != null) {
            told.present(2, field.kind().ordinal());
        }
        told.number(3, field.required() ? 1 : 0);
        field.formats().forEach(format -> told.text(4, format));
        return told.string(5, field.schema()).string(9, field.summary());
    }

    private static Encoder param(Description.Param param) {
        Encoder told = new Encoder().string(1, param.key()).string(2, param.type()).number(3, param.required() ? 1 : 0);
        if (param.initial() != null) {
            told.text(4, param.initial());
        }
        if (param.minimum() != null) {
            told.real(5, param.minimum());
        }
        if (param.maximum() != null) {
            told.real(6, param.maximum());
        }
        param.choices().forEach(choice -> told.text(7, choice));
        return told.string(8, param.summary());
    }

    /** REFUSED, for whatever kept the wrapper from coming up or from taking a change. */
    static Encoder refusal(String hook, Throwable error) {
        if (error instanceof SettingsException wrong) {
            Encoder problem = new Encoder().text(1, "config");
            wrong.path().forEach(key -> problem.text(1, key));
            problem.text(2, String.valueOf(wrong.getMessage()));
            return new Encoder().string(1, "settings").message(3, problem);
        }
        String reason = error.getMessage() == null ? "no reason given" : error.getMessage();
        String text = hook + " threw " + error.getClass().getSimpleName() + ": " + reason;
        return new Encoder().string(1, "broken").string(2, text);
    }
}
