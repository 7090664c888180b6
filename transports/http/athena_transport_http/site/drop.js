// One input that takes a file: dropped, pasted, chosen, recorded, or streamed from the microphone.
import { el, size, toast } from "./dom.js";
import { record, stream } from "./record.js";

const SHORT = { jpeg: "jpg", "svg+xml": "svg", mpeg: "mp3", "x-wav": "wav", wave: "wav" };

export class Drop {
  /** `kind` is "image", "audio", "video", "other", or null where the file itself says. */
  constructor(key, kind, field, changed) {
    this.id = `file-${key}`;
    this.key = key;
    this.kind = kind;
    this.formats = field.formats;
    this.changed = changed;
    this.blob = null;
    this.url = "";
    this.recording = null;
    this.streaming = false;
    this.build();
  }

  build() {
    const accept = { image: "image/*", audio: "audio/*", video: "video/*" }[this.kind] ?? "";
    this.file = el("input", { type: "file", id: this.id, accept, class: "hidden-file", onchange: () => this.file.files[0] && this.take(this.file.files[0]) });
    const what = this.kind && this.kind !== "other" ? `${this.kind === "image" ? "an image" : `${this.kind === "audio" ? "an audio" : "a video"} file`}` : "a file";
    this.invitation = el("label", { class: "invitation", htmlFor: this.id },
      el("strong", {}, `Drop ${what} here`), el("span", { class: "hint" }, "or choose one, or paste it"));
    this.preview = el("div", { class: "preview", hidden: true });
    this.tools = el("div", { class: "tools" });
    if (this.kind === "audio" || this.kind === null) {
      this.button = el("button", { type: "button", class: "quiet record", onclick: () => this.recorded() }, "● Record");
      this.mic = el("button", { type: "button", class: "quiet", hidden: true, "aria-pressed": "false", onclick: () => this.listen(!this.streaming) }, "Stream the microphone");
      this.tools.append(this.button, this.mic);
    }
    this.element = el("div", { class: "drop" }, this.file, this.invitation, this.preview, this.tools);
    this.element.addEventListener("dragover", (event) => { event.preventDefault(); this.element.classList.add("over"); });
    this.element.addEventListener("dragleave", () => this.element.classList.remove("over"));
    this.element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.element.classList.remove("over");
      if (event.dataTransfer.files[0]) this.take(event.dataTransfer.files[0]);
    });
    this.element.addEventListener("paste", (event) => { if (event.clipboardData.files[0]) this.take(event.clipboardData.files[0]); });
  }

  take(blob) {
    this.clear();
    this.blob = blob;
    this.url = URL.createObjectURL(blob);
    const kind = this.kindOf();
    const shown = {
      image: () => el("img", { src: this.url, alt: "The image that will be sent" }),
      audio: () => el("audio", { src: this.url, controls: true }),
      video: () => el("video", { src: this.url, controls: true }),
    }[kind]?.() ?? el("div", { class: "blob" }, "◧");
    const remove = el("button", { type: "button", class: "quiet", "aria-label": `Remove ${blob.name ?? "the recording"}`, onclick: () => { this.clear(); this.changed(); this.file.focus(); } }, "Remove");
    this.preview.replaceChildren(shown, el("div", { class: "about" }, el("span", { class: "name" }, blob.name ?? "recording"), el("span", { class: "hint" }, size(blob.size)), remove));
    this.preview.hidden = false;
    this.invitation.hidden = true;
    this.changed();
  }

  clear() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.blob = null;
    this.url = "";
    this.file.value = "";
    this.preview.hidden = true;
    this.invitation.hidden = this.streaming;
  }

  kindOf() {
    if (this.kind) return this.kind;
    const family = this.blob.type.split("/")[0];
    return ["image", "audio", "video"].includes(family) ? family : "other";
  }

  /** What the bytes are: by type, as the service writes it. */
  encoding() {
    if (this.streaming) return this.formats.includes("pcm") ? "pcm" : "raw";
    const form = this.blob.type.split("/")[1]?.split(";")[0] ?? "";
    const short = SHORT[form] ?? form;
    if (!this.formats.length || this.formats.includes(short)) return this.kindOf() === "other" ? "" : short;
    return this.formats.includes(form) ? form : this.formats[0];
  }

  parts() {
    if (this.streaming) return [{ key: this.key, kind: "audio", encoding: this.encoding(), live: stream }];
    if (!this.blob) return [];
    return [{ key: this.key, kind: this.kindOf(), encoding: this.encoding(), blob: this.blob, name: this.blob.name ?? "recording.wav", type: this.blob.type }];
  }

  async recorded() {
    if (this.recording) {
      const finish = this.recording;
      this.recording = null;
      this.button.textContent = "● Record";
      this.take(await finish());
      return;
    }
    try {
      this.recording = await record();
      this.button.textContent = "■ Stop recording";
    } catch (error) {
      toast(`No microphone: ${error.message}`);
    }
  }

  live(on) {
    if (!this.mic) return;
    this.mic.hidden = !on;
    if (!on) this.listen(false);
  }

  listen(on) {
    this.streaming = on;
    this.mic.setAttribute("aria-pressed", String(on));
    this.invitation.hidden = on || Boolean(this.blob);
    this.changed();
  }

  async leave() {
    await this.recording?.();
    if (this.url) URL.revokeObjectURL(this.url);
  }
}
