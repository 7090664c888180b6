// One call, or one write of a session.
package athena.wrapper;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What a caller sent. */
public final class Request {
    private final String sid;
    private final List<Part> parts;
    private final Map<String, String> params;
    private final Map<String, String> headers;
    private final List<Expectation> expect;
    private final Principal principal;
    final long deadline;
    /** Whether it is a CALL that waits for a BATCH. */
    final boolean held;
    final Token token;

    Request(Heads.Call call, List<Part> parts, Token token) {
        this.sid = call.sid;
        this.parts = parts;
        this.params = call.params;
        this.headers = call.headers;
        this.expect = call.expect;
        this.principal = call.principal;
        this.deadline = call.deadline;
        this.held = call.held;
        this.token = token;
    }

    /** What a caller would like to get. */
    public record Expectation(String key, Kind kind, Map<String, String> attributes) {
    }

    /** Who calls; an id of "" is nobody in particular. */
    public record Principal(String id, String guard) {
    }

    public String sid() {
        return sid;
    }

    public List<Part> parts() {
        return parts;
    }

    public Map<String, String> params() {
        return params;
    }

    public Map<String, String> headers() {
        return headers;
    }

    public List<Expectation> expect() {
        return expect;
    }

    public Principal principal() {
        return principal;
    }

    /** The first part of that key, or null. */
    public Part get(String key) {
        for (Part part : parts) {
            if (part.key().equals(key)) {
                return part;
            }
        }
        return null;
    }

    /** The first part of that key; BAD_REQUEST where there is none. */
    public Part part(String key) {
        Part found = get(key);
        if (found == null) {
            throw new ServiceException(Fault.BAD_REQUEST, key + ": there is no such part");
        }
        return found;
    }

    /** In a session: whether every part of this write is the last of its stream. */
    public boolean ended() {
        return !parts.isEmpty() && parts.stream().allMatch(part -> part.stage().last());
    }

    /** Whether nobody waits any more: a hook that takes long looks now and then, and stops. */
    public boolean cancelled() {
        return token.cancelled;
    }

    /** What is left until the deadline; null where there is none. */
    public Duration remaining() {
        return deadline == Heads.NEVER ? null : Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }
}
