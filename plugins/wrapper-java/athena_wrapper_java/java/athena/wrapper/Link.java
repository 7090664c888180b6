// The stream to the kernel: frames in, read by one thread; frames out, written by any.
package athena.wrapper;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

final class Link {
    private static final Encoder NOTHING = new Encoder();
    private static final int SMALL = 64 * 1024;
    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(SMALL).flip();
    private final ByteBuffer out = ByteBuffer.allocateDirect(SMALL);
    private long limit = 16L * Frames.MEBI;

    private Link(SocketChannel channel) {
        this.channel = channel;
    }

    static Link connected(String path) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(Path.of(path)));
        return new Link(channel);
    }

    /** Take larger frames from now on: HELLO has said how large messages may be. */
    void limit(long maxMessage) {
        limit = 2 * maxMessage + Frames.HEAD_LIMIT;
    }

    /** The next frame; null when the stream has ended. */
    Frame read() throws IOException {
        if (!fill(16)) {
            return null;
        }
        long size = in.getInt() & 0xFFFFFFFFL;
        long head = in.getInt() & 0xFFFFFFFFL;
        int kind = in.getInt();
        int id = in.getInt();
        if (size > limit || head > size || head > Frames.HEAD_LIMIT) {
            throw new Decoder.ProtocolError("a frame of " + size + " bytes with a head of " + head);
        }
        byte[] first = bytes((int) head);
        byte[] rest = bytes((int) (size - head));
        return first == null || rest == null ? null : new Frame(kind, id, first, rest);
    }

    private byte[] bytes(int count) throws IOException {
        byte[] found = new byte[count];
        int here = Math.min(count, in.remaining());
        in.get(found, 0, here);
        ByteBuffer rest = ByteBuffer.wrap(found, here, count - here);
        while (rest.remaining() >= SMALL) {  // straight to where it belongs; small ones come with what follows them
            if (channel.read(rest) < 0) {
                return null;
            }
        }
        if (rest.hasRemaining()) {
            int left = rest.remaining();
            if (!fill(left)) {
                return null;
            }
            in.get(found, count - left, left);
        }
        return found;
    }

    /** Have so many bytes in the buffer; false when the stream ends before. */
    private boolean fill(int count) throws IOException {
        if (in.remaining() >= count) {
            return true;
        }
        in.compact();
        while (in.position() < count) {
            if (channel.read(in) < 0) {
                in.flip();
                return false;
            }
        }
        in.flip();
        return true;
    }

    void send(int kind, int id) {
        send(kind, id, NOTHING, List.of());
    }

    void send(int kind, int id, Encoder head) {
        send(kind, id, head, List.of());
    }

    /** Write one frame. Where the stream is broken nothing is said: whoever reads it learns of its end, and leaves. */
    void send(int kind, int id, Encoder head, List<Part> parts) {
        int size = head.size;
        for (Part part : parts) {
            size += part.size();
        }
        // An interrupted thread that touches the channel would close it: the wrapper's own interrupts are put off.
        boolean interrupted = Thread.interrupted();
        try {
            write(kind, id, head, parts, size);
        } catch (IOException error) {
            // The kernel has gone, or this worker is dying.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void write(int kind, int id, Encoder head, List<Part> parts, int size) throws IOException {
        out.clear().putInt(size).putInt(head.size).putInt(kind).putInt(id);
        boolean fits = size <= out.remaining();
        ByteBuffer[] all = new ByteBuffer[fits ? 1 : parts.size() + 2];
        put(ByteBuffer.wrap(head.bytes, 0, head.size), all, 1);
        for (int index = 0; index < parts.size(); index++) {
            Part part = parts.get(index);
            put(ByteBuffer.wrap(part.array(), part.offset(), part.size()), all, index + 2);
        }
        all[0] = out.flip();
        for (int first = 0; first < all.length;) {
            channel.write(all, first, all.length - first);
            while (first < all.length && !all[first].hasRemaining()) {
                first++;
            }
        }
    }

    private void put(ByteBuffer data, ByteBuffer[] all, int index) {
        if (all.length == 1) {
            out.put(data);
        } else {
            all[index] = data;
        }
    }

    void close() throws IOException {
        channel.close();
    }
}
