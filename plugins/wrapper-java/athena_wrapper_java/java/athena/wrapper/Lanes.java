// The threads on which hooks run, and the turn of those that run alone.
package athena.wrapper;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

final class Lanes {
    private static final long STOP_GRACE = 30;
    private final ExecutorService threads;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "athena-clock");
        thread.setDaemon(true);
        return thread;
    });
    private final ReentrantReadWriteLock turns = new ReentrantReadWriteLock();

    Lanes(int count) {
        threads = Executors.newFixedThreadPool(count, work -> new Thread(work, "athena-lane"));
    }

    /** Run it on a thread, beside others; while the worker leaves, on this one. */
    void submit(Runnable work) {
        try {
            threads.execute(() -> beside(work));
        } catch (RejectedExecutionException error) {
            beside(work);
        }
    }

    private void beside(Runnable work) {
        turns.readLock().lock();
        try {
            work.run();
        } finally {
            turns.readLock().unlock();
        }
    }

    void later(long milliseconds, Runnable work) {
        try {
            clock.schedule(work, milliseconds, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException error) {
            // The worker leaves: nobody asks any more.
        }
    }

    interface Alone {
        void run() throws Exception;
    }

    /** Run it on this thread, with nothing of the wrapper running beside. */
    void alone(Alone work) throws Exception {
        turns.writeLock().lock();
        try {
            work.run();
        } finally {
            turns.writeLock().unlock();
        }
    }

    /** Let what runs finish; false when it takes too long. */
    boolean stop() {
        clock.shutdownNow();
        threads.shutdown();
        try {
            return threads.awaitTermination(STOP_GRACE, TimeUnit.SECONDS);
        } catch (InterruptedException error) {
            return false;
        }
    }
}
