// What a part's bytes are.
package athena.wrapper;

/** The kind of a part; the order is that of the protocol. */
public enum Kind {
    TEXT, AUDIO, IMAGE, VIDEO, OTHER;

    private static final Kind[] ALL = values();

    static Kind of(long number) {
        return number >= 0 && number < ALL.length ? ALL[(int) number] : OTHER;
    }
}
