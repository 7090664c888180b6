// The same call as curl, Python and `athena call`, to be copied.

const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function python(value, depth = 0) {
  const pad = "    ".repeat(depth + 1);
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value?.code) return value.code;
  if (Array.isArray(value)) return `[${value.map((each) => python(each, depth + 1)).join(", ")}]`;
  if (typeof value === "object") {
    const rows = Object.entries(value).map(([key, each]) => `${pad}${JSON.stringify(key)}: ${python(each, depth + 1)},\n`);
    return rows.length ? `{\n${rows.join("")}${"    ".repeat(depth)}}` : "{}";
  }
  return JSON.stringify(value);
}

function documented(name, form, content) {
  const params = form.params();
  const made = { header: { app_id: "demo", status: 3, plain: true } };
  if (Object.keys(params).length) made.parameter = { [name]: params };
  made.payload = {};
  for (const part of form.parts()) {
    const about = part.encoding ? { encoding: part.encoding } : {};
    if (part.kind === "text") made.payload[part.key] = { ...about, plain: part.text };
    else if (part.kind === "json") made.payload[part.key] = { format: "json", text: part.value };
    else made.payload[part.key] = { ...about, [part.kind]: content(part) };
  }
  return made;
}

const file = (part) => part.name ?? "audio.pcm";

function curl(name, form, way) {
  const url = `${location.origin}/v1/private/${encodeURIComponent(name)}`;
  const parts = form.parts();
  const events = way === "stream" ? ["-N", "-H", "'Accept: text/event-stream'"] : [];
  if (way === "session") return `# curl speaks no WebSocket sessions; websocat does:\nwebsocat ${url.replace(/^http/, "ws")}`;
  if (parts.length === 1 && parts[0].blob) {
    const query = new URLSearchParams({ key: parts[0].key, ...form.params() });
    const type = parts[0].type || "application/octet-stream";
    return ["curl", ...events, "-H", shell(`Content-Type: ${type}`), "--data-binary", shell(`@${file(parts[0])}`), shell(`${url}?${query}`)].join(" ");
  }
  const body = JSON.stringify(documented(name, form, (part) => `BASE64 OF ${file(part)}`));
  return ["curl", ...events, "-H", "'Content-Type: application/json'", "-d", shell(body), shell(url)].join(" ");
}

function inPython(name, form) {
  const used = form.parts().some((part) => part.blob || part.live);
  const body = documented(name, form, (part) => ({ code: `b64encode(Path(${JSON.stringify(file(part))}).read_bytes()).decode()` }));
  const imports = used ? "import json\nfrom base64 import b64encode\nfrom pathlib import Path\n" : "import json\n";
  return `${imports}from urllib.request import Request, urlopen

document = ${python(body)}
request = Request(
    ${JSON.stringify(`${location.origin}/v1/private/${encodeURIComponent(name)}`)},
    json.dumps(document).encode(),
    {"Content-Type": "application/json"},
)
with urlopen(request) as answer:
    print(json.load(answer)["payload"])
`;
}

function athena(name, form, way) {
  const parts = form.parts().map((part) => {
    if (part.kind === "text") return shell(`${part.key}=${part.text}`);
    if (part.kind === "json") return shell(`${part.key}=${JSON.stringify(part.value)}`);
    return shell(`${part.key}:${part.kind}=@${part.live ? "-" : file(part)}`);
  });
  const params = Object.entries(form.params()).flatMap(([key, value]) => ["--param", shell(`${key}=${value}`)]);
  const how = { once: [], stream: ["--stream"], session: ["--session", "--chunk", String(form.chunk())] }[way];
  return ["athena", "call", location.origin, shell(name), ...parts, ...params, ...how].join(" ");
}

/** Title → text. */
export function snippets(name, form, way) {
  return { curl: curl(name, form, way), Python: inPython(name, form), "athena call": athena(name, form, way) };
}
