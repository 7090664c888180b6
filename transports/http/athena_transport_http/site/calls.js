// The three ways to call a service: one answer, events, a session over a WebSocket.
import { document as written, pieces } from "./documents.js";

const ROUTE = (name) => `/v1/private/${encodeURIComponent(name)}`;
const WAITING = 1024 * 1024; // bytes that may wait in the socket before the next piece is made

/** What a server told about a failure, as an error that keeps it. */
export class Refusal extends Error {
  constructor(header, status) {
    super(header.message || `the server answered ${status}`);
    this.header = header;
    this.status = status;
  }
}

async function posted(name, form, signal, accept) {
  return fetch(ROUTE(name), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept },
    body: JSON.stringify(await written(name, form)),
    signal,
  });
}

async function refused(answer) {
  let header = {};
  try { header = (await answer.json()).header ?? {}; } catch { /* no JSON: the status must do */ }
  return new Refusal(header, answer.status);
}

export async function once(name, form, results, signal) {
  const answer = await posted(name, form, signal, "application/json");
  if (!answer.ok) throw await refused(answer);
  results.take(await answer.json());
}

export async function streamed(name, form, results, signal) {
  const answer = await posted(name, form, signal, "text/event-stream");
  if (!answer.ok) throw await refused(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const events = rest.split("\n\n");
    rest = events.pop();
    for (const event of events) heard(event, results);
  }
}

function heard(event, results) {
  const lines = event.split("\n");
  const kind = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
  const data = JSON.parse(lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n"));
  if (kind === "fault") throw new Refusal(data.header, 200);
  if (kind !== "end") results.take(data);
}

/** A session: frames up as the form has them, frames down as they come, until the last one. */
export async function talk(name, form, results, signal) {
  const wire = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${ROUTE(name)}`);
  const ended = new Promise((resolve, reject) => {
    wire.onmessage = (message) => {
      const frame = JSON.parse(message.data);
      if (frame.header?.code) reject(new Refusal(frame.header, 200));
      else results.take(frame);
    };
    wire.onerror = () => reject(new Error("no session: the server refused the WebSocket, or cannot be reached"));
    wire.onclose = (event) => (event.code === 1000 ? resolve() : reject(new Error(`the session was closed: ${event.reason || event.code}`)));
    signal.addEventListener("abort", () => { wire.close(); reject(new Error("stopped")); });
  });
  ended.catch(() => {});
  await Promise.race([new Promise((resolve) => { wire.onopen = resolve; }), ended]);
  const sending = (async () => {
    for await (const frame of pieces(name, form)) {
      while (wire.bufferedAmount > WAITING && wire.readyState === WebSocket.OPEN) await new Promise((resolve) => setTimeout(resolve, 20));
      if (wire.readyState !== WebSocket.OPEN) return;
      wire.send(JSON.stringify(frame));
      results.sent();
    }
  })();
  await Promise.race([ended, sending.then(() => ended)]);
}
