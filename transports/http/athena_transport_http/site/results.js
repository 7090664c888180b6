// What came back: text as it arrives, boxes over the image, sound and pictures, the raw JSON, and how long it took.
import { Boxes, found } from "./boxes.js";
import { bytes } from "./documents.js";
import { el, size, tabs } from "./dom.js";

const LONG = 160; // letters of base64 that the raw view shows

export class Results {
  constructor() {
    this.figures = el("div", { class: "figures", "data-figures": "" });
    this.shown = el("div", { class: "shown", "aria-live": "polite" });
    this.raw = el("pre", { tabIndex: 0, class: "raw" });
    const panels = tabs("Result", [["Result", this.shown], ["Raw JSON", this.raw]]);
    this.element = el("div", { class: "results" }, el("div", { class: "bar" }, el("h2", {}, "Result"), this.figures), panels);
    this.urls = [];
    this.empty();
  }

  empty() {
    this.shown.replaceChildren(el("p", { class: "hint" }, "What comes back is shown here."));
  }

  begin(picture) {
    this.urls.forEach((url) => URL.revokeObjectURL(url));
    this.urls = [];
    this.began = performance.now();
    this.first = null;
    this.answers = [];
    this.frames = 0;
    this.up = 0;
    this.texts = new Map();
    this.picture = picture;
    this.shown.replaceChildren(el("p", { class: "hint running" }, "Running …"));
    this.raw.textContent = "";
    this.told("running");
  }

  sent() {
    this.up += 1;
    this.told("running");
  }

  /** One answer, one event, or one frame. */
  take(answer) {
    this.frames += 1;
    this.answers.push(answer);
    const parts = Object.entries(answer.payload ?? {}).flatMap(([key, units]) => [units].flat().map((unit) => [key, unit]));
    if (parts.length && this.first === null) this.first = performance.now();
    if (parts.length) this.shown.querySelector(".running")?.remove();
    for (const [key, unit] of parts) this.part(key, unit);
    this.written();
    this.told("running");
  }

  part(key, unit) {
    const kind = ["text", "plain", "image", "audio", "video", "other"].find((name) => name in unit);
    if (!kind) return;
    const value = unit[kind];
    if (typeof value === "object") return this.json(key, value);
    if (kind === "plain") return this.text(key, value);
    const data = bytes(value);
    if (kind === "text") return this.text(key, new TextDecoder().decode(data));
    this.binary(key, kind, data, unit.encoding ?? "");
  }

  json(key, value) {
    const boxes = found(value);
    if (boxes.length && this.picture) {
      const drawn = new Boxes(boxes, this.url(this.picture));
      this.shown.append(titled(key, drawn.element, `${boxes.length} boxes`));
      return;
    }
    this.shown.append(titled(key, el("pre", { tabIndex: 0 }, JSON.stringify(value, null, 2))));
  }

  /** Text of one key grows in one place. */
  text(key, text) {
    if (!this.texts.has(key)) {
      const place = el("div", { class: "text", "data-text": key });
      this.texts.set(key, place);
      this.shown.append(titled(key, place));
    }
    const place = this.texts.get(key);
    place.append(el("span", { class: "piece" }, place.childElementCount && !/\s$/.test(place.textContent) && this.frames > 1 ? `\n${text}` : text));
    place.scrollTop = place.scrollHeight;
  }

  binary(key, kind, data, encoding) {
    const long = { jpg: "jpeg", svg: "svg+xml", mp3: "mpeg" }[encoding] ?? encoding;
    const url = this.url(new Blob([data], { type: kind === "other" ? "application/octet-stream" : `${kind}/${long || "*"}` }));
    const views = {
      image: () => el("img", { src: url, alt: `The image ${key}`, class: "answer" }),
      audio: () => el("audio", { src: url, controls: true }),
      video: () => el("video", { src: url, controls: true }),
      other: () => el("pre", { tabIndex: 0 }, hex(data)),
    };
    const save = el("a", { href: url, download: encoding ? `${key}.${encoding}` : key, class: "save" }, `Save (${size(data.length)})`);
    this.shown.append(titled(key, el("div", {}, views[kind](), save), kind));
  }

  url(blob) {
    const made = URL.createObjectURL(blob);
    this.urls.push(made);
    return made;
  }

  finish(word = "done") {
    this.shown.querySelector(".running")?.remove();
    if (!this.shown.childElementCount) this.shown.append(el("p", { class: "hint" }, word === "done" ? "It answered with nothing." : word));
    this.told(word);
  }

  fail(error) {
    this.shown.querySelector(".running")?.remove();
    const header = error.header ?? {};
    const facts = [["fault", header.fault], ["code", header.code], ["executed", header.executed], ["HTTP", error.status], ["error id", header.error_id], ["try again after", header.retry_after && `${header.retry_after} s`]];
    this.shown.append(el("div", { class: "failure", role: "alert" }, el("strong", {}, error.message),
      el("dl", {}, facts.filter(([, value]) => value !== undefined && value !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]))));
    if (error.header) { this.answers.push({ header }); this.written(); }
    this.told("failed");
  }

  written() {
    const all = this.answers.length === 1 ? this.answers[0] : this.answers;
    this.raw.textContent = JSON.stringify(all, (_, value) => (typeof value === "string" && value.length > LONG * 4 ? `${value.slice(0, LONG)}… (${value.length} letters)` : value), 2);
  }

  told(state) {
    const now = performance.now();
    const facts = [["", state], ["total", `${(now - this.began).toFixed(0)} ms`]];
    if (this.first !== null && this.frames > 1) facts.push(["first", `${(this.first - this.began).toFixed(0)} ms`]);
    if (this.up) facts.push(["up", `${this.up} frames`]);
    if (this.frames > 1) facts.push(["down", `${this.frames}`]);
    this.figures.dataset.figures = state;
    this.figures.replaceChildren(...facts.map(([name, value]) => el("span", { class: name ? "figure" : `figure ${state}` }, name ? el("em", {}, name) : null, value)));
  }
}

function titled(key, node, note = "") {
  return el("section", { class: "part" }, el("h3", {}, key, note ? el("span", { class: "hint" }, ` ${note}`) : null), node);
}

function hex(data) {
  const rows = [];
  for (let at = 0; at < Math.min(data.length, 256); at += 16) {
    rows.push([...data.slice(at, at + 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  }
  return rows.join("\n") + (data.length > 256 ? "\n…" : "");
}
