// The playground: the services with their state, and the one that is looked at.
import { el } from "./dom.js";
import { Workbench } from "./workbench.js";

const EVERY = 5000;
const list = document.getElementById("services");
const main = document.getElementById("main");
let known = new Map();
let bench = null;

function theme() {
  const button = document.getElementById("theme");
  const stored = localStorage.getItem("athena-theme");
  if (stored) document.documentElement.dataset.theme = stored;
  button.addEventListener("click", () => {
    const dark = document.documentElement.dataset.theme
      ? document.documentElement.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("athena-theme", dark ? "light" : "dark");
  });
}

async function look() {
  try {
    const answer = await fetch("/v1/services", { cache: "no-store" });
    const document = await answer.json();
    if (!answer.ok) throw new Error(document.header?.message ?? `the server answered ${answer.status}`);
    known = new Map(document.services.map((service) => [service.name, service]));
    listed();
  } catch (error) {
    offline(error);
  }
}

function offline(error) {
  for (const item of list.querySelectorAll(".dot")) item.className = "dot gone";
  if (!bench) main.replaceChildren(el("div", { class: "card failure" }, el("h1", {}, "No answer"), el("p", {}, error.message)));
}

function state(service) {
  if (!service.health.ready) return ["down", service.health.reason || "not ready"];
  const workers = Object.entries(service.health.workers).map(([name, count]) => `${count} ${name}`);
  return ["up", workers.length ? workers.join(", ") : "ready"];
}

function listed() {
  const now = chosen();
  const items = [...known.values()].map((service) => {
    const [mark, words] = state(service);
    return el("li", {},
      el("a", { href: `#${encodeURIComponent(service.name)}`, "aria-current": service.name === now ? "page" : null },
        el("span", { class: `dot ${mark}`, "aria-hidden": "true" }),
        el("span", { class: "name" }, service.name),
        el("span", { class: "state" }, words)));
  });
  const focused = document.activeElement?.closest("#services a")?.getAttribute("href");
  list.replaceChildren(...items);
  if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  if (!known.size) main.replaceChildren(el("div", { class: "card" }, el("h1", {}, "Nothing is served yet"), el("p", {}, "Start one with: athena run --wrapper echo --transport http")));
  else if (!bench || bench.name !== now) open(now);
  else bench.state(...state(known.get(now)));
}

function chosen() {
  const name = decodeURIComponent(location.hash.slice(1));
  return known.has(name) ? name : [...known.keys()][0];
}

function open(name) {
  bench?.leave();
  const service = known.get(name);
  bench = new Workbench(service);
  bench.state(...state(service));
  main.replaceChildren(bench.element);
  document.title = `${name} · Athena playground`;
}

theme();
addEventListener("hashchange", listed);
setInterval(() => document.visibilityState === "visible" && look(), EVERY);
look();
