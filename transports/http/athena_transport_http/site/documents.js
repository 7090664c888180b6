// ASE JSON out of a form: one document, or the frames of a session.

/** Base64 of bytes; FileReader does it in native code. */
export async function base64(blob) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("the file cannot be read; was it moved?"));
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(",") + 1);
}

/** The bytes that base64 stands for. */
export function bytes(text) {
  const letters = atob(text);
  const made = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) made[at] = letters.charCodeAt(at);
  return made;
}

async function unit(part, status) {
  const about = part.encoding ? { encoding: part.encoding } : {};
  if (part.kind === "text") return { ...about, plain: part.text, status };
  if (part.kind === "json") return { format: "json", text: part.value, status };
  return { ...about, [part.kind]: await base64(part.blob), status };
}

function head(status) {
  return { app_id: "playground", status, plain: true };
}

/** A whole request. */
export async function document(name, form) {
  const made = { header: head(3) };
  const params = form.params();
  if (Object.keys(params).length) made.parameter = { [name]: params };
  made.payload = {};
  for (const part of form.parts()) made.payload[part.key] = await unit(part, 3);
  return made;
}

/** The frames of a session: files in pieces, text by lines, a microphone for as long as it records. */
export async function* pieces(name, form) {
  const params = form.params();
  let first = true;
  const opened = (payload) => {
    const frame = first
      ? { header: head(0), ...(Object.keys(params).length ? { parameter: { [name]: params } } : {}), payload }
      : { payload };
    first = false;
    return frame;
  };
  const sources = form.parts();
  for (const [at, part] of sources.entries()) {
    const last = at === sources.length - 1;
    let begun = false;
    for await (const [piece, more] of cut(part, form)) {
      const status = more ? (begun ? 1 : 0) : 2;
      begun = true;
      yield opened({ [part.key]: await unit(piece, status) });
    }
    if (last && !begun) yield opened({ [part.key]: await unit({ ...part, text: "", blob: new Blob() }, 2) });
  }
  if (!sources.length) yield { ...opened({}), header: head(2) };
}

async function* cut(part, form) {
  if (part.kind === "json") { yield [part, false]; return; }
  if (part.kind === "text") {
    const lines = part.text.split("\n").filter((line, at, all) => line || at < all.length - 1);
    for (const [at, line] of (lines.length ? lines : [""]).entries()) yield [{ ...part, text: line }, at < lines.length - 1];
    return;
  }
  if (part.live) {
    for await (const chunk of part.live(form.ending.signal)) yield [{ ...part, blob: new Blob([chunk]) }, true];
    yield [{ ...part, blob: new Blob() }, false];
    return;
  }
  const step = form.chunk();
  for (let from = 0; from < Math.max(1, part.blob.size); from += step) {
    yield [{ ...part, blob: part.blob.slice(from, from + step) }, from + step < part.blob.size];
  }
}
