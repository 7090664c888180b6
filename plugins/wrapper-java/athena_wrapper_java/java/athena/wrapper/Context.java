// What a wrapper is started with.
package athena.wrapper;

import java.util.List;
import java.util.Map;

/**
 * @param service The service's name.
 * @param folder Where the toml lies: what relative paths of the configuration start from.
 * @param config {@code [services.x.config]}: String, Long, Double, Boolean, List and Map; dates as text.
 * @param devices What it may compute on.
 * @param threads Executions at once.
 * @param maxMessage Bytes of the largest reply that can travel.
 */
public record Context(
        String service, String folder, Map<String, Object> config, List<String> devices, int threads, long maxMessage) {
}
