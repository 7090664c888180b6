// The form of a service, made from its description: an editor per input, a field per parameter.
import { el } from "./dom.js";
import { Drop } from "./drop.js";

const KINDS = { TEXT: "text", AUDIO: "audio", IMAGE: "image", VIDEO: "video", OTHER: "other" };
const CHUNK = 32 * 1024;

export class Form {
  constructor(service, changed) {
    const described = service.description;
    this.changed = changed;
    // What may be anything is asked for where nothing has a name.
    const named = described.inputs.filter((field) => field.key !== "*" || field.kind !== null);
    this.inputs = (named.length ? named : [{ key: "*", kind: null, required: true, formats: [] }]).map((field) => this.input(field));
    this.fields = described.params.map((param) => this.param(param));
    this.pieces = el("input", { type: "number", id: "chunk", min: 1, value: CHUNK, oninput: changed });
    this.sized = el("div", { class: "field small", hidden: true },
      el("label", { htmlFor: "chunk" }, "Bytes per piece"), this.pieces);
    this.element = el("form", { class: "form", noValidate: true },
      this.inputs.map((input) => input.element),
      this.fields.length ? el("fieldset", {}, el("legend", {}, "Parameters"), el("div", { class: "grid" }, this.fields.map((field) => field.element))) : null,
      this.sized);
  }

  input(field) {
    if (field.kind === null) {
      // A host that checks nothing says in a word what a part is meant to be.
      const meant = Object.keys(KINDS).find((kind) => KINDS[kind] === field.summary);
      if (!meant) return this.anything(field);
      field = { ...field, kind: meant, summary: "" };
    }
    if (field.key === "*") field = { ...field, key: "more", required: false };
    if (field.kind === "TEXT") return this.text(field);
    const drop = new Drop(field.key, KINDS[field.kind], field, this.changed);
    const labelled = el("div", { class: "field" }, title(field, drop.id), drop.element);
    return { field, element: labelled, parts: () => drop.parts(), trouble: () => needed(field, drop.parts()), drop };
  }

  text(field) {
    const json = field.formats.length === 1 && field.formats[0] === "json";
    const id = `in-${field.key}`;
    const area = el("textarea", { id, rows: json ? 5 : 3, spellcheck: !json, class: json ? "code" : "", oninput: this.changed });
    if (json && field.required) area.value = sample(field.schema);
    const parts = () => {
      if (!area.value && !field.required) return [];
      if (!json) return [{ key: field.key, kind: "text", text: area.value, encoding: field.formats[0] }];
      return [{ key: field.key, kind: "json", value: parsed(area.value) }];
    };
    const trouble = () => {
      if (field.required && !area.value) return `${field.key} is empty`;
      if (json && area.value && parsed(area.value) === undefined) return `${field.key} is no JSON object or array`;
      return "";
    };
    return { field, element: el("div", { class: "field" }, title(field, id), area), parts, trouble };
  }

  /** A part of any kind: text, or a file, or both under one key. */
  anything(field) {
    const key = field.key === "*" ? "data" : field.key;
    const id = `in-${key}`;
    const area = el("textarea", { id, rows: 3, placeholder: "Text …", oninput: this.changed });
    const drop = new Drop(key, null, field, this.changed);
    const parts = () => [
      ...(area.value ? [{ key, kind: "text", text: area.value }] : []),
      ...drop.parts().map((part) => (area.value ? { ...part, key: `${key}_file` } : part)),
    ];
    const trouble = () => (parts().length || !field.required ? "" : "Write something, or choose a file");
    const element = el("div", { class: "field" }, title({ ...field, key, required: field.required && field.key !== "*" }, id), area, drop.element);
    return { field, element, parts, trouble, drop };
  }

  param(param) {
    const id = `param-${param.key}`;
    const shared = { id, oninput: this.changed, "data-param": param.key };
    let control;
    if (param.choices.length || param.type === "boolean") {
      const choices = param.choices.length ? param.choices : ["true", "false"];
      const none = param.default === null ? (param.required ? "choose …" : "not given") : `${param.default} (default)`;
      control = el("select", shared, el("option", { value: "" }, none), choices.map((choice) => el("option", { value: choice }, choice)));
    } else {
      const number = param.type !== "string";
      control = el("input", { ...shared, type: number ? "number" : "text", placeholder: param.default ?? "" });
      if (number) {
        control.step = param.type === "integer" ? "1" : "any";
        if (param.minimum !== null) control.min = param.minimum;
        if (param.maximum !== null) control.max = param.maximum;
      } else {
        if (param.maximum !== null) control.maxLength = param.maximum;
      }
    }
    return { param, control, element: el("div", { class: "field" }, title(param, id), control) };
  }

  /** Whether a session is meant: pieces matter, and a microphone may stream. */
  live(on) {
    this.sized.hidden = !on;
    for (const input of this.inputs) input.drop?.live(on);
  }

  parts() {
    return this.inputs.flatMap((input) => input.parts());
  }

  params() {
    const given = {};
    for (const { param, control } of this.fields) {
      if (control.value === "") continue;
      if (param.type === "boolean") given[param.key] = control.value === "true";
      else if (param.type === "string") given[param.key] = control.value;
      else given[param.key] = Number(control.value);
    }
    return given;
  }

  chunk() {
    return Math.max(1, Number(this.pieces.value) || CHUNK);
  }

  /** The image the result may be drawn on. */
  picture() {
    return this.parts().find((part) => part.kind === "image")?.blob ?? null;
  }

  /** What keeps it from being sent, "" for nothing. */
  trouble() {
    for (const input of this.inputs) {
      const found = input.trouble();
      if (found) return found;
    }
    for (const { param, control } of this.fields) {
      if (param.required && control.value === "" && param.default === null) return `${param.key} is missing`;
      if (!control.checkValidity()) { control.focus(); return `${param.key}: ${control.validationMessage}`; }
    }
    return "";
  }

  leave() {
    for (const input of this.inputs) input.drop?.leave();
  }
}

function title(about, id) {
  return el("label", { htmlFor: id },
    el("span", { class: "key" }, about.key),
    about.required ? el("span", { class: "needed", title: "required" }, " *") : null,
    about.summary ? el("span", { class: "hint" }, about.summary) : null);
}

function needed(field, parts) {
  return field.required && !parts.length ? `${field.key} is missing: drop a file, or choose one` : "";
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A first value for a JSON input: what its schema requires, with defaults. */
function sample(text) {
  const made = (schema) => {
    if (schema.default !== undefined) return schema.default;
    if (schema.enum) return schema.enum[0];
    const kind = [schema.type].flat()[0] ?? "object";
    if (kind === "object") return Object.fromEntries((schema.required ?? []).map((key) => [key, made(schema.properties?.[key] ?? {})]));
    if (kind === "array") return Array.from({ length: schema.minItems ?? 0 }, () => made(schema.items ?? {}));
    return { string: "text", integer: 1, number: 1.5, boolean: true }[kind] ?? null;
  };
  return JSON.stringify(made(text ? JSON.parse(text) : {}), null, 2);
}
