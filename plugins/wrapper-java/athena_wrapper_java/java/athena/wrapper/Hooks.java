// Which hooks a wrapper has, and what goes wrong in them.
package athena.wrapper;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.logging.Level;
import java.util.logging.Logger;

final class Hooks<S> {
    private static final Logger LOG = Logger.getLogger("athena.wrapper");
    /** Java's names of the hooks, and the kernel's. */
    private static final Map<String, String> NAMES = new LinkedHashMap<>();

    static {
        for (String name : new String[] {
            "describe", "init", "onceExec", "batchExec", "sessionCreate", "sessionWrite", "sessionRead",
            "sessionDestroy", "configCheck", "configReload", "resourceLoad", "resourceUnload", "fini",
        }) {
            NAMES.put(name, "athena_" + name.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT));
        }
    }

    final Wrapper<S> wrapper;
    final boolean once;
    final boolean batch;
    final boolean session;
    final boolean write;
    final boolean read;
    private final List<String> names = new ArrayList<>();

    Hooks(Wrapper<S> wrapper) {
        this.wrapper = wrapper;
        NAMES.forEach((name, hook) -> {
            if (has(name)) {
                names.add(hook);
            }
        });
        once = names.contains("athena_once_exec");
        batch = names.contains("athena_batch_exec");
        session = names.contains("athena_session_create");
        write = names.contains("athena_session_write");
        read = names.contains("athena_session_read");
    }

    /** Whether its class, or one above it, has overridden a hook. */
    private boolean has(String name) {
        for (Method hook : Wrapper.class.getMethods()) {
            if (hook.getName().equals(name)) {
                try {
                    Method own = wrapper.getClass().getMethod(name, hook.getParameterTypes());
                    return own.getDeclaringClass() != Wrapper.class;
                } catch (NoSuchMethodException error) {
                    throw new IllegalStateException(error);  // it inherits them all
                }
            }
        }
        throw new IllegalArgumentException(name);
    }

    List<String> names() {
        return names;
    }

    List<String> operations() {
        List<String> found = new ArrayList<>();
        for (String[] pair : new String[][] {
            {"once", "once_exec"}, {"batch", "batch_exec"}, {"session", "session_create"}, {"read", "session_read"},
            {"resource", "resource_load"},
        }) {
            if (names.contains("athena_" + pair[1])) {
                found.add(pair[0]);
            }
        }
        return found;
    }

    /** What a hook threw, as the FAULT its caller gets; the stack trace goes to the log under an error id. */
    static Encoder fault(Throwable error, String hook) {
        if (error instanceof ServiceException own) {
            return Heads.fault(own, "yes", "");
        }
        String id = String.format("%08x", ThreadLocalRandom.current().nextInt());
        String kind = error.getClass().getSimpleName();
        LOG.log(Level.SEVERE, hook + " threw " + kind + " (error " + id + ")", error);
        String text = hook + " threw " + kind + "; error " + id;
        return Heads.fault(new ServiceException(Fault.USER_ERROR, text), "yes", id);
    }

    static ServiceException userError(String hook, String text) {
        return new ServiceException(Fault.USER_ERROR, hook + " " + text);
    }

    static ServiceException cancelled() {
        return new ServiceException(Fault.CANCELLED, "the call was cancelled");
    }

    /** The reply, when it is one that can travel. */
    static Reply checked(Object answer, String hook, long limit, String expected) {
        if (!(answer instanceof Reply reply)) {
            String came = answer == null ? "null" : answer.getClass().getSimpleName();
            throw userError(hook, "returned " + came + "; expected " + expected);
        }
        if (reply.size() > limit) {
            String text = hook + " returned " + reply.size() + " bytes; at most " + limit + " can travel";
            throw new ServiceException(Fault.TOO_LARGE, text + " ([kernel.limits] max_message)");
        }
        return reply;
    }
}
