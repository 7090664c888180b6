// An error with a name that travels.
package athena.wrapper;

/** What a hook throws to say what is wrong; in a batch, what it hands back for one request. */
public final class ServiceException extends RuntimeException implements Answer {
    private static final long serialVersionUID = 1;
    private final Fault fault;
    private final Long code;

    /** @param message What the caller reads: no path, no secret. */
    public ServiceException(Fault fault, String message) {
        super(message);
        this.fault = fault;
        this.code = null;
    }

    /** USER_ERROR with an error code of the wrapper's own. */
    public ServiceException(long code, String message) {
        super(message);
        this.fault = Fault.USER_ERROR;
        this.code = code;
    }

    public Fault fault() {
        return fault;
    }

    /** The wrapper's own code, or null. */
    public Long code() {
        return code;
    }
}
