// What java.util.logging says, as LOG frames, so that it stands in the kernel's log; a flood is counted, not sent.
package athena.wrapper;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

final class Logs extends Handler {
    private static final double BURST = 1000;
    private static final double PER_SECOND = 200;
    private static final int LONGEST = 64 * 1024;
    private final Link link;
    private final SimpleFormatter formatter = new SimpleFormatter();
    private double tokens = BURST;
    private long filled = System.nanoTime();
    private int dropped;

    private Logs(Link link) {
        this.link = link;
    }

    static void begin(Link link, String level) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.addHandler(new Logs(link));
        root.setLevel(switch (level) {
            case "debug" -> Level.FINE;
            case "warning" -> Level.WARNING;
            case "error", "critical" -> Level.SEVERE;
            default -> Level.INFO;
        });
    }

    @Override
    public void publish(LogRecord record) {
        int missed = allowed();
        if (missed < 0) {
            return;
        }
        if (missed > 0) {
            send(Level.WARNING, "athena.wrapper", missed + " log records were dropped: too many", record.getMillis());
        }
        String text = formatter.formatMessage(record);
        if (record.getThrown() != null) {
            StringWriter trace = new StringWriter();
            record.getThrown().printStackTrace(new PrintWriter(trace, true));
            text += "\n" + trace.toString().stripTrailing();
        }
        send(record.getLevel(), String.valueOf(record.getLoggerName()), text, record.getMillis());
    }

    /** How many were dropped before this one; -1 when it is to be dropped too. */
    private synchronized int allowed() {
        long now = System.nanoTime();
        tokens = Math.min(BURST, tokens + (now - filled) * 1e-9 * PER_SECOND);
        filled = now;
        if (tokens < 1) {
            dropped++;
            return -1;
        }
        tokens--;
        int missed = dropped;
        dropped = 0;
        return missed;
    }

    private void send(Level level, String logger, String text, long milliseconds) {
        String whole = text.length() <= LONGEST ? text
                : text.substring(0, LONGEST) + " … (" + text.length() + " characters)";
        int value = level.intValue();
        int number = value >= 1000 ? 40 : value >= 900 ? 30 : value >= 800 ? 20 : 10;
        Encoder head = new Encoder().number(1, number).string(2, logger).string(3, whole);
        link.send(Frames.LOG, 0, head.real(4, milliseconds / 1000.0));
    }

    @Override
    public void flush() {
        // Nothing is held.
    }

    @Override
    public void close() {
        // The stream is the worker's.
    }
}
