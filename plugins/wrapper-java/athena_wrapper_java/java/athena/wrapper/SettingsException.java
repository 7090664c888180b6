// What is wrong with a configuration.
package athena.wrapper;

import java.util.List;

/** Thrown where a configuration is wrong; the kernel adds file and line. */
public final class SettingsException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient List<String> path;

    /**
     * @param text What would do, in a few words.
     * @param path The key below {@code [services.x.config]}, from outside in.
     */
    public SettingsException(String text, String... path) {
        super(text);
        this.path = List.of(path);
    }

    List<String> path() {
        return path;
    }
}
