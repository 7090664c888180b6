// An answer of many replies.
package athena.wrapper;

import java.util.Arrays;
import java.util.Iterator;

/**
 * Replies that are made one at a time, as fast as the caller reads them.
 *
 * @param replies Asked for the next reply when there is room for it. An iterator that is also AutoCloseable is closed
 *     when it is through, or when the caller has gone.
 */
public record Items(Iterator<Reply> replies) implements Answer {
    /** These replies, one after the other. */
    public static Items of(Reply... replies) {
        return new Items(Arrays.asList(replies).iterator());
    }
}
