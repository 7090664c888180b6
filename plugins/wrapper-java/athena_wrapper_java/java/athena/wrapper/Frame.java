// One frame, as it came.
package athena.wrapper;

record Frame(int kind, int id, byte[] head, byte[] data) {
    Decoder decoder() {
        return new Decoder(head, 0, head.length);
    }
}
