// Makes elements; nothing on these pages is ever made from a string of HTML.

/** One element: properties, `on…` listeners, `data…`, ARIA attributes, then its children. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && !name.startsWith("aria") && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An SVG element. */
export function svg(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

/** Says something in the corner, for a moment. */
export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => place.classList.remove("shown"), 2200);
}

/** Tabs by the ARIA pattern: arrows move, one panel is shown. `panels` is [[title, element], …]. */
export function tabs(label, panels) {
  const id = `tabs-${Math.random().toString(36).slice(2)}`;
  const buttons = panels.map(([title, panel], at) => {
    panel.id = `${id}-panel-${at}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `${id}-tab-${at}`);
    return el("button", { type: "button", role: "tab", id: `${id}-tab-${at}`, "aria-controls": panel.id, onclick: () => show(at) }, title);
  });
  function show(at, focus = false) {
    buttons.forEach((button, each) => {
      button.setAttribute("aria-selected", String(each === at));
      button.tabIndex = each === at ? 0 : -1;
      panels[each][1].hidden = each !== at;
    });
    if (focus) buttons[at].focus();
  }
  const bar = el("div", { role: "tablist", class: "tabs", "aria-label": label }, buttons);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = buttons.findIndex((button) => button.tabIndex === 0);
    show((now + step + buttons.length) % buttons.length, true);
  });
  show(0);
  return el("div", { class: "tabbed" }, bar, panels.map(([, panel]) => panel));
}

/** Bytes as people write them. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
