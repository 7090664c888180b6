// Boxes over an image, and the list beside them: looking at one marks the other.
import { el, svg } from "./dom.js";

const CORNERS = ["box", "bbox", "points", "polygon"];
const WORDS = ["text", "label", "name", "class", "category"];
const SCORES = ["text_score", "score", "confidence", "box_score"];

/** Every object with a box in a JSON value: [{points, text, score}]. */
export function found(value) {
  const all = [];
  const visit = (node) => {
    if (Array.isArray(node)) node.forEach(visit);
    else if (node && typeof node === "object") {
      const corners = CORNERS.map((key) => polygon(node[key])).find(Boolean);
      if (corners) all.push({ points: corners, text: first(node, WORDS), score: first(node, SCORES) });
      else Object.values(node).forEach(visit);
    }
  };
  visit(value);
  return all;
}

function first(node, keys) {
  const key = keys.find((name) => node[name] !== undefined);
  return key === undefined ? "" : node[key];
}

/** Corners out of [x1, y1, x2, y2], [x, y, …] of any length, or [[x, y], …]. */
function polygon(given) {
  if (!Array.isArray(given) || !given.length) return null;
  const flat = given.flat();
  if (!flat.every((number) => typeof number === "number") || flat.length % 2) return null;
  if (flat.length === 4) {
    const [left, top, right, bottom] = flat;
    return [[left, top], [right, top], [right, bottom], [left, bottom]];
  }
  if (flat.length < 6) return null;
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
}

export class Boxes {
  constructor(boxes, url) {
    const image = el("img", { src: url, alt: "The image that was sent, with what was found in it" });
    const layer = svg("svg", { class: "layer", "aria-hidden": "true", preserveAspectRatio: "none" });
    image.onload = () => layer.setAttribute("viewBox", `0 0 ${image.naturalWidth} ${image.naturalHeight}`);
    this.shapes = boxes.map(({ points }) => svg("polygon", { points: points.map((point) => point.join(",")).join(" ") }));
    this.lines = boxes.map(({ text, score }) => el("li", { tabIndex: 0 },
      el("span", { class: "words" }, String(text)),
      typeof score === "number" ? el("span", { class: "score" }, `${(score * 100).toFixed(0)} %`) : null));
    layer.append(...this.shapes);
    boxes.forEach((_, at) => {
      for (const node of [this.shapes[at], this.lines[at]]) {
        node.addEventListener("mouseenter", () => this.mark(at));
        node.addEventListener("mouseleave", () => this.mark(-1));
      }
      this.lines[at].addEventListener("focus", () => this.mark(at));
      this.lines[at].addEventListener("blur", () => this.mark(-1));
    });
    this.element = el("div", { class: "boxes" },
      el("div", { class: "drawn" }, image, layer), el("ol", { class: "lines", "aria-label": "What was found" }, this.lines));
  }

  mark(at) {
    this.shapes.forEach((shape, each) => shape.classList.toggle("marked", each === at));
    this.lines.forEach((line, each) => line.classList.toggle("marked", each === at));
  }
}
