// Speaks to an Athena kernel with npm's ws, and prints what it saw as one JSON object.
// node client.mjs PATH_OF_WS ws://127.0.0.1:PORT STREAMS OVERSIZE
import { createRequire } from "node:module";

const [, , library, base, streams, oversize] = process.argv;
const WebSocket = createRequire(import.meta.url)(library);
const frame = (text, status, cid) =>
  JSON.stringify({ header: cid === undefined ? {} : { cid }, payload: { data: { plain: text, status } } });

// One socket: opened, spoken to by `speak`, and everything that came until it closed.
function spoken(path, speak, options = {}) {
  return new Promise((resolve, reject) => {
    const seen = { frames: [], pongs: 0, pings: 0 };
    const socket = new WebSocket(base + path, options);
    const timer = setTimeout(() => reject(new Error(`${path}: no close within 50 s`)), 50000);
    socket.on("open", () => speak(socket, seen));
    socket.on("message", (data, binary) => {
      seen.frames.push(binary ? null : JSON.parse(data.toString()));
      seen.next?.(socket, seen);
    });
    socket.on("pong", () => seen.pongs++);
    socket.on("ping", () => seen.pings++);
    socket.on("error", (error) => (seen.error = String(error)));
    socket.on("close", (code, reason) => {
      clearTimeout(timer);
      delete seen.next;
      resolve({ ...seen, code, reason: reason.toString() });
    });
  });
}

const texts = (seen, key = "data") => seen.frames.filter((each) => each.payload?.[key]).map((each) => each.payload[key].plain);

const whole = Buffer.from(frame("grüße 日本語 😀".repeat(50), 2));
const found = {};

found.fragments = await spoken("/v1/private/talk", (socket) => {
  // Cut in the middle of letters; a ping goes between two fragments.
  for (let at = 0; at < whole.length; at += 7) {
    socket.send(whole.subarray(at, at + 7), { binary: false, fin: at + 7 >= whole.length });
    if (at === 21) socket.ping("between");
  }
});
found.fragments.text = texts(found.fragments)[0] === "grüße 日本語 😀".repeat(50);

found.pinged = await spoken("/v1/private/talk", (socket, seen) => {
  socket.send(frame("a", 0));
  setTimeout(() => socket.send(frame("b", 2)), 4600); // meanwhile the server asks whether somebody is there
  socket.ping();
});

found.unfolded = await spoken("/v1/private/talk", (socket) => socket.send(frame("x".repeat(20000), 2)), {
  perMessageDeflate: false,
});
found.folded = await spoken("/v1/private/talk", (socket) => socket.send(frame("x".repeat(20000), 2)));

found.left = await spoken("/v1/private/talk", (socket, seen) => {
  socket.send(frame("a", 0));
  seen.next = () => seen.frames.length === 2 && socket.close(4000, "enough");
});
found.nonsense = await spoken("/v1/private/talk", (socket) => socket.send("nonsense"));
found.binary = await spoken("/v1/private/talk", (socket) => socket.send(Buffer.from("{}")));
found.nowhere = await spoken("/v1/private/nowhere", (socket) => socket.send(frame("a", 0)));
found.oversize = await spoken("/v1/private/talk", (socket) => socket.send(frame("x".repeat(Number(oversize)), 2)));
found.bomb = await spoken("/v1/private/talk", (socket) => socket.send("0".repeat(50 * 1024 * 1024)));
found.letters = await spoken("/v1/private/talk", (socket) => socket.send(Buffer.from([0xc3, 0x28]), { binary: false }));

// Many at once, each on a socket of its own: every answer to every frame, and nobody else's.
const many = await Promise.all(
  Array.from({ length: Number(streams) }, (_, number) =>
    spoken(
      "/v1/private/talk",
      (socket) => [0, 1, 2].forEach((status) => socket.send(frame(`${number}.${status}`, status))),
      { perMessageDeflate: false },
    ),
  ),
);
const broken = many.filter(
  (seen, number) => seen.code !== 1000 || texts(seen).join() !== [0, 1, 2].map((status) => `${number}.${status}`).join(),
);
found.whole = many.length - broken.length;
found.broken = broken.slice(0, 3).map((seen) => `${seen.code} ${seen.reason} ${seen.error} ${seen.frames.length}`);

// And as many on one socket.
const shared = await spoken("/v1/private/talk?stream_mode=multiplex", (socket, seen) => {
  for (const status of [0, 1, 2])
    for (let cid = 0; cid < Number(streams); cid++) socket.send(frame(`${cid}.${status}`, status, cid));
  let ends = 0;
  seen.next = () => {
    const last = seen.frames[seen.frames.length - 1].header;
    ends += last.code !== 0 || last.status === 2;
    if (ends === Number(streams)) socket.close(1000);
  };
});
const by = new Map();
for (const each of shared.frames)
  if (each.payload?.data) by.set(each.header.cid, [...(by.get(each.header.cid) ?? []), each.payload.data.plain]);
found.shared = [...by].filter(
  ([cid, said]) => said.join() === [0, 1, 2].map((status) => `${cid}.${status}`).join(),
).length;

for (const each of Object.values(found))
  if (each?.frames) each.frames = each.frames.map((one) => ({ header: one?.header })); // payloads have been looked at
console.log(JSON.stringify(found));
