// What a session begins with.
package athena.wrapper;

import java.util.List;
import java.util.Map;

/** A session's id, what its caller said when it was opened, and the way back to him. */
public final class SessionContext {
    private final Request opening;
    private final Outbox outbox;

    SessionContext(Request opening, Outbox outbox) {
        this.opening = opening;
        this.outbox = outbox;
    }

    /** Where replies go; it may be called from any thread, as long as the session is open. */
    public interface Outbox {
        /**
         * Hand over one reply; waits while the reader is behind. With stage END it is the last.
         *
         * @throws ServiceException CANCELLED once the session is over; TOO_LARGE.
         */
        void emit(Reply reply);

        /** End the session with an error, from whatever thread found it. */
        void fail(ServiceException error);
    }

    public String sid() {
        return opening.sid();
    }

    public Map<String, String> params() {
        return opening.params();
    }

    public Map<String, String> headers() {
        return opening.headers();
    }

    public List<Request.Expectation> expect() {
        return opening.expect();
    }

    public Request.Principal principal() {
        return opening.principal();
    }

    public Outbox outbox() {
        return outbox;
    }

    /** Whether the session is over, or about to be. */
    public boolean cancelled() {
        return opening.cancelled();
    }
}
