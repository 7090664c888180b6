// A personalised resource.
package athena.wrapper;

import java.util.List;
import java.util.Map;

/** What later requests name by its id. */
public record Resource(String id, List<Part> parts, Map<String, String> attributes) {
}
