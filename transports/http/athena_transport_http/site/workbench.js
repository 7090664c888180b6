// One service: its form, the ways to call it, and what came back.
import { talk, streamed, once } from "./calls.js";
import { el, tabs, toast } from "./dom.js";
import { Form } from "./form.js";
import { Results } from "./results.js";
import { snippets } from "./snippets.js";

const WAYS = {
  once: ["Call", "One request, one answer."],
  stream: ["Events", "One request; each item of the answer is shown as it comes."],
  session: ["Session", "A WebSocket: data goes up in pieces, results come down while it does."],
};

export class Workbench {
  constructor(service) {
    this.name = service.name;
    this.description = service.description;
    this.running = null;
    this.form = new Form(service, () => this.recode());
    this.results = new Results();
    this.ways = this.offered();
    this.way = this.ways[0];
    this.element = this.build();
    this.choose(this.way);
  }

  /** What it can do; a service that says nothing is offered everything. */
  offered() {
    const can = new Set(this.description.operations);
    const ways = [];
    if (can.has("once") || can.has("batch") || !can.size) ways.push("once", "stream");
    if (can.has("session") || !can.size) ways.push("session");
    return ways.length ? ways : ["once"];
  }

  build() {
    const about = this.description;
    this.badge = el("span", { class: "badge" });
    this.run = el("button", { type: "submit", class: "primary", id: "run" }, "Run");
    this.stop = el("button", { type: "button", class: "quiet", hidden: true, onclick: () => this.halt() }, "Stop");
    this.about = el("p", { class: "hint" }, WAYS[this.way][1]);
    const choice = el("div", { class: "ways", role: "radiogroup", "aria-label": "How to call" },
      this.ways.map((way) => el("label", {},
        el("input", { type: "radio", name: "way", value: way, checked: way === this.way, onchange: () => this.choose(way) }),
        el("span", {}, WAYS[way][0]))));
    this.form.element.append(choice, this.about, el("div", { class: "actions" }, this.run, this.stop, el("span", { class: "hint keys" }, "Ctrl + Enter")));
    this.form.element.addEventListener("submit", (event) => { event.preventDefault(); this.go(); });
    this.form.element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.form.element.requestSubmit(); }
    });
    this.code = el("div", {});
    return el("div", { class: "bench" },
      el("header", { class: "title" },
        el("h1", {}, this.name), this.badge,
        about.version ? el("span", { class: "badge plain" }, `v${about.version.replace(/^v(?=\d)/, "")}`) : null,
        el("p", {}, about.summary || "This service does not say what it does.")),
      el("section", { class: "card", "aria-label": "Request" }, tabs("Request", [["Form", this.form.element], ["Code", this.code]])),
      el("section", { class: "card", "aria-label": "Result" }, this.results.element));
  }

  choose(way) {
    this.way = way;
    this.about.textContent = WAYS[way][1];
    this.form.live(way === "session");
    this.recode();
  }

  state(mark, words) {
    this.badge.className = `badge ${mark}`;
    this.badge.textContent = words;
  }

  recode() {
    if (!this.code) return;
    const shown = snippets(this.name, this.form, this.way);
    this.code.replaceChildren(...Object.entries(shown).map(([title, text]) => {
      const copy = el("button", { type: "button", class: "quiet", onclick: () => copied(text, title) }, "Copy");
      return el("div", { class: "snippet" }, el("div", { class: "bar" }, el("h3", {}, title), copy), el("pre", { tabIndex: 0, "data-code": title }, text));
    }));
  }

  async go() {
    const trouble = this.form.trouble();
    if (trouble) { toast(trouble); return; }
    this.running?.abort();
    const running = new AbortController();
    this.form.ending = new AbortController();
    this.running = running;
    this.run.disabled = true;
    this.stop.hidden = false;
    this.results.begin(this.form.picture());
    const way = { once, stream: streamed, session: talk }[this.way];
    try {
      await way(this.name, this.form, this.results, running.signal);
      this.results.finish();
    } catch (error) {
      if (running.signal.aborted) this.results.finish("stopped");
      else this.results.fail(error);
    } finally {
      if (this.running === running) {
        this.running = null;
        this.run.disabled = false;
        this.stop.hidden = true;
      }
    }
  }

  /** Stops the microphone first, so that what was said is still answered; then the call. */
  halt() {
    const speaking = this.form.parts().some((part) => part.live) && !this.form.ending.signal.aborted;
    this.form.ending.abort();
    if (!speaking) this.running?.abort();
  }

  leave() {
    this.form.ending?.abort();
    this.running?.abort();
    this.form.leave();
  }
}

async function copied(text, title) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied: ${title}`);
  } catch {
    toast("The browser does not let this page copy; select the text instead");
  }
}
