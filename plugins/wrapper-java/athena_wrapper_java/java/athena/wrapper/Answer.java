// Whatever a hook that answers may hand back.
package athena.wrapper;

/** The outcome of a call: a {@link Reply}, several ({@link Items}), or the error of one request in a batch. */
public sealed interface Answer permits Reply, Items, ServiceException {
}
