// The kernel's table of faults: the same names on every wire.
package athena.wrapper;

/** What kind of error it is. A wrapper normally says BAD_REQUEST or USER_ERROR; any other travels as it is. */
public enum Fault {
    BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, UNSUPPORTED, SESSION_CLOSED, OUT_OF_ORDER, TOO_LARGE,
    OVERLOADED, QUOTA, DEADLINE, CANCELLED, USER_ERROR, INTERNAL, WORKER_LOST, UNAVAILABLE
}
