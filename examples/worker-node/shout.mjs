#!/usr/bin/env node
// A worker in plain Node, written from docs/worker-protocol.md alone: it says text in capitals, once and in sessions.
import net from "node:net";

const [HELLO, CALL, OPEN, WRITE, CLOSE, CREDIT, CHECK, RESOURCE_UNLOAD] = [1, 2, 4, 5, 7, 9, 10, 13];
const [READY, REFUSED, DONE, FAULT, OPENED, ACK, EMIT, CLOSED, PONG] = [33, 34, 36, 37, 38, 39, 40, 41, 42];
const [PING, BYE, GATHER] = [14, 16, 17], [CONTINUE, END, ONCE] = [1, 2, 3];

// ---- protobuf, as much as the heads need ----
const bits = (n) => (n < 128 ? [n] : [(n % 128) | 128, ...bits(Math.floor(n / 128))]);
const varint = (n) => Buffer.from(bits(n));
const message = (...fields) => Buffer.concat(fields.flat());
const integer = (field, value) => [varint(field * 8), varint(value)];
const bytes = (field, value) => [varint(field * 8 + 2), varint(Buffer.byteLength(value)), Buffer.from(value)];

function decoded(head) {  // {field: [value, …]}
  const found = {};
  let at = 0;
  const number = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      if (at >= head.length) throw new Error("a head that is not its message");
      const byte = head[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const slice = (size) => head.subarray(at, (at += size));
  const readers = { 0: number, 1: () => slice(8), 2: () => slice(number()), 5: () => slice(4) };
  while (at < head.length) {
    const tag = number();
    (found[tag >>> 3] ??= []).push(readers[tag & 7]());
  }
  return found;
}

// ---- the wrapper ----
const text = message(bytes(1, "text"), integer(2, 0), integer(3, 1));  // key, kind TEXT, required
const WRONG = [END, null, Buffer.alloc(0)];
const utf8 = new TextDecoder("utf-8", { fatal: true });
const operations = ["once", "session"].flatMap((operation) => bytes(6, operation));
const description = message(bytes(1, "1.0"), bytes(2, "Says it louder."), bytes(3, text), bytes(4, text), operations);

function shout(head, data, whole) {  // a request's head and data → its reply's stage, head and data
  let [said, found, at, stage] = ["", false, 0, whole ? ONCE : CONTINUE];
  for (const part of (decoded(head)[2] ?? []).map(decoded)) {
    const size = part[6]?.[0] ?? 0, key = part[1]?.toString() ?? "";
    try { if (key === "text") said = utf8.decode(data.subarray(at, at + size)), found = true; } catch { return WRONG; }
    if (!whole && part[3]?.[0] >= END) stage = END;
    at += size;
  }
  const reply = Buffer.from(said.toUpperCase());
  const part = bytes(1, message(bytes(1, "text"), integer(3, stage), integer(6, reply.length)));
  return [stage, message(found ? part : [], integer(2, stage)), reply];
}

// ---- the protocol ----
const sessions = new Map();  // id → its answers that wait for credit, and what is under way
const socket = net.connect(process.env.ATHENA_WORKER_SOCKET);

function send(kind, id, head = Buffer.alloc(0), data = Buffer.alloc(0)) {
  const prefix = Buffer.alloc(16);
  [head.length + data.length, head.length, kind, id].forEach((value, index) => prefix.writeUInt32BE(value, 4 * index));
  socket.write(Buffer.concat([prefix, head, data]));
}
const leave = () => socket.end(() => process.exit(0));
const refuse = (id, why) => send(REFUSED, id, message(bytes(1, "refused"), bytes(2, why)));
const wrong = (id) => send(FAULT, id, message(bytes(1, "BAD_REQUEST"), bytes(2, "not UTF-8"), bytes(3, "yes")));

function flow(id, session) {  // emit what credit allows; a write is taken when its answer has gone
  while (session.waiting.length && session.messages < 64 && session.bytes < 4194304) {
    const [[stage, head, data], size] = session.waiting.shift();
    session.messages += 1, session.bytes += data.length;
    head ? send(EMIT, id, head, data) : wrong(id);
    send(ACK, id, message(integer(1, 1), integer(2, size)));
    if (stage === END) session.waiting.length = 0, sessions.delete(id), send(CLOSED, id);
  }
}

function take(kind, id, head, data) {
  const session = sessions.get(id);
  if (kind === HELLO) {
    const { 1: [low = 0] = [], 2: [high = 0] = [], 9: [limits] = [[]], 11: [probe] = [] } = decoded(head);
    if (low > 1 || high < 1) return refuse(0, "this worker speaks api 1"), socket.end();
    send(READY, 0, message(integer(1, 1), bytes(2, description), bytes(4, "shout.mjs 1.0")));
    limit = 2 * (decoded(limits)[1]?.[0] ?? 2 ** 25) + 4 * 2 ** 20;
    if (probe) leave();
  } else if (kind === CALL) {
    const [, reply, said] = shout(head, data, true);
    reply ? send(DONE, id, reply, said) : wrong(id);
  } else if (kind === OPEN) sessions.set(id, { waiting: [], messages: 0, bytes: 0 }), send(OPENED, id);
  else if (kind === WRITE && session) session.waiting.push([shout(head, data, false), data.length]), flow(id, session);
  else if (kind === CREDIT && session) {
    const { 1: [messages = 0] = [], 2: [size = 0] = [] } = decoded(head);
    session.messages -= messages, session.bytes -= size, flow(id, session);
  } else if (kind === CLOSE && sessions.delete(id)) send(CLOSED, id);
  else if (kind === PING) send(PONG, id);
  else if (kind >= CHECK && kind <= RESOURCE_UNLOAD) refuse(id, "it has no configuration and no resources");
  else if (kind === BYE) leave();
  else if (kind < HELLO || kind > GATHER) throw new Error(`a frame of kind ${kind}`);
}

let chunks = [], have = 0, need = 16, limit = 16 * 2 ** 20;
process.exitCode = 1;  // until BYE: a stream that ends by itself means that the kernel is gone
process.on("uncaughtException", (error) => (console.error(error.message), process.exit(3)));
socket.on("close", () => process.exit()).on("data", (chunk) => {
  for (chunks.push(chunk), have += chunk.length; have >= need; ) {
    const buffer = chunks.length > 1 ? Buffer.concat(chunks) : chunks[0];
    const [size, length, kind, id] = [0, 4, 8, 12].map((at) => buffer.readUInt32BE(at));
    if (size > limit || length > size) throw new Error(`a frame of ${size} bytes with a head of ${length}`);
    [chunks, need] = [[buffer], 16 + size];
    if (have < need) continue;
    take(kind, id, buffer.subarray(16, 16 + length), buffer.subarray(16 + length, need));
    [chunks, have, need] = [[buffer.subarray(need)], have - need, 16];
  }
});
