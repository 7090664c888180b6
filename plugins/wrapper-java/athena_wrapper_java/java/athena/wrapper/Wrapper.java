// The hooks a wrapper may answer: the verbs of Athena, in Java.
package athena.wrapper;

import java.util.List;

/**
 * Inference code. Override what you have: the kernel is told which hooks those are. Whatever a hook throws reaches the
 * caller as one typed error, and the log with its stack trace.
 *
 * @param <S> What a session is to the wrapper; Void where there are none.
 */
public interface Wrapper<S> {
    /** Say what it takes and gives. Pure: nothing is loaded for it. */
    default Description describe() {
        return new Description("", "");
    }

    /** Get ready: load the model. Once, before any other hook but describe. */
    default void init(Context context) throws Exception {
    }

    /** Answer one request: with a {@link Reply}, or with {@link Items}. On one of the worker's threads. */
    default Answer onceExec(Request request) throws Exception {
        throw new ServiceException(Fault.UNSUPPORTED, "the wrapper has no onceExec");
    }

    /**
     * Answer many requests at once: a {@link Reply} or a {@link ServiceException} for each, in their order. Also the
     * writes of sessions, told apart by their sid, where there is no sessionWrite.
     */
    default List<? extends Answer> batchExec(List<Request> requests) throws Exception {
        throw new ServiceException(Fault.UNSUPPORTED, "the wrapper has no batchExec");
    }

    /** Begin a session. Hooks of one session never overlap. */
    default S sessionCreate(SessionContext context) throws Exception {
        throw new ServiceException(Fault.UNSUPPORTED, "the wrapper has no sessionCreate");
    }

    /** Take one write. What it throws ends the session. */
    default void sessionWrite(S session, Request request) throws Exception {
    }

    /** Hand over what is ready, without waiting: no parts for nothing yet. A wrapper that has this never emits. */
    default Reply sessionRead(S session) throws Exception {
        return Reply.of();
    }

    /** Free what the session holds; once for each that was created, last, whatever happened. */
    default void sessionDestroy(S session) throws Exception {
    }

    /** Say whether a new configuration would do; change nothing. */
    default void configCheck(Change change) throws Exception {
    }

    /** Take the new configuration; no other hook runs meanwhile. */
    default void configReload(Change change) throws Exception {
    }

    /** Take a personalised resource; no other hook runs meanwhile. */
    default void resourceLoad(Resource resource) throws Exception {
    }

    /** Forget one; no other hook runs meanwhile. */
    default void resourceUnload(String id) throws Exception {
    }

    /** Let go: once, last. */
    default void fini() throws Exception {
    }
}
