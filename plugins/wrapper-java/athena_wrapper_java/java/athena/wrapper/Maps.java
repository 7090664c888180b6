// Small maps that do not change.
package athena.wrapper;

import java.util.LinkedHashMap;
import java.util.Map;

final class Maps {
    private Maps() {
    }

    static Map<String, String> with(Map<String, String> map, String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(map);
        more.put(name, value);
        return Map.copyOf(more);
    }
}
