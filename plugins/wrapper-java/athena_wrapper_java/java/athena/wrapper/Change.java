// A new configuration.
package athena.wrapper;

import java.util.Map;

/** The tables {@code [services.x.config]}, the one in use and the one to come. */
public record Change(Map<String, Object> before, Map<String, Object> after, String version) {
}
