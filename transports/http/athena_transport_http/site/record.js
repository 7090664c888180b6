// The microphone: a recording as a WAV file, or 16-bit PCM at 16 kHz while somebody speaks.

const RATE = 16000;

async function open(heard) {
  const media = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
  const context = new AudioContext({ sampleRate: RATE });
  await context.audioWorklet.addModule("/assets/worklet.js");
  const node = new AudioWorkletNode(context, "pcm");
  node.port.onmessage = (event) => heard(event.data);
  context.createMediaStreamSource(media).connect(node);
  return async () => {
    media.getTracks().forEach((track) => track.stop());
    await context.close();
  };
}

/** Starts recording; call what it gives to stop, and get the file. */
export async function record() {
  const heard = [];
  const close = await open((chunk) => heard.push(chunk));
  return async () => {
    await close();
    return new Blob([header(heard.reduce((sum, chunk) => sum + chunk.byteLength, 0)), ...heard], { type: "audio/wav" });
  };
}

/** Chunks of PCM until the signal stops it. */
export async function* stream(signal) {
  const waiting = [];
  let wake = () => {};
  const close = await open((chunk) => { waiting.push(chunk); wake(); });
  signal.addEventListener("abort", () => wake());
  try {
    while (!signal.aborted) {
      if (!waiting.length) await new Promise((resolve) => { wake = resolve; });
      while (waiting.length) yield waiting.shift();
    }
  } finally {
    await close();
  }
}

function header(length) {
  const view = new DataView(new ArrayBuffer(44));
  const word = (at, text) => [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, length, true);
  return view.buffer;
}
