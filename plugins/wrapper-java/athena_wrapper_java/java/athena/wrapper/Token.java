// Whether somebody still waits.
package athena.wrapper;

final class Token {
    volatile boolean cancelled;
}
