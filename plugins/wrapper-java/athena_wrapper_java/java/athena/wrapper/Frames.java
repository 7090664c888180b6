// The kinds of frames, and the limits of the protocol's page.
package athena.wrapper;

final class Frames {
    static final int HELLO = 1, CALL = 2, BATCH = 3, OPEN = 4, WRITE = 5, ASK = 6, CLOSE = 7, CANCEL = 8, CREDIT = 9;
    static final int CHECK = 10, RELOAD = 11, RESOURCE_LOAD = 12, RESOURCE_UNLOAD = 13, PING = 14, DRAIN = 15, BYE = 16;
    static final int GATHER = 17;
    static final int READY = 33, REFUSED = 34, ITEM = 35, DONE = 36, FAULT = 37, OPENED = 38, ACK = 39, EMIT = 40;
    static final int CLOSED = 41, PONG = 42, LOG = 43, PHASE = 44;
    static final int API = 1;
    static final int MEBI = 1 << 20;
    static final int HEAD_LIMIT = 4 * MEBI;
    static final int WINDOW_MESSAGES = 64;
    static final long WINDOW_BYTES = 4L * MEBI;

    private Frames() {
    }
}
