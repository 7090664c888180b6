// Credit in one direction: who sends waits until what was sent has been taken.
package athena.wrapper;

final class Window {
    private int messages;
    private long bytes;

    /** Wait for room and take it; false when the token was cancelled meanwhile. */
    synchronized boolean take(long size, Token token) {
        boolean interrupted = false;
        while (!token.cancelled && (messages >= Frames.WINDOW_MESSAGES || bytes >= Frames.WINDOW_BYTES)) {
            try {
                wait();
            } catch (InterruptedException error) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (token.cancelled) {
            return false;
        }
        messages++;
        bytes += size;
        return true;
    }

    synchronized void give(long count, long size) {
        messages -= (int) count;
        bytes -= size;
        notifyAll();
    }

    /** Let whoever waits see that it was cancelled. */
    synchronized void wake() {
        notifyAll();
    }
}
