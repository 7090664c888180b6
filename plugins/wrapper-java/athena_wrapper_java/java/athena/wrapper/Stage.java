// Where in its stream a part or a reply stands.
package athena.wrapper;

/** The place of a part in its stream, of a reply in its session; the order is that of the protocol. */
public enum Stage {
    BEGIN, CONTINUE, END, ONCE;

    private static final Stage[] ALL = values();

    static Stage of(long number) {
        return number >= 0 && number < ALL.length ? ALL[(int) number] : ONCE;
    }

    /** Whether nothing comes after it. */
    public boolean last() {
        return this == END || this == ONCE;
    }
}
