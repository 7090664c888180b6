// Runs in the audio thread: floats to 16-bit PCM, a tenth of a second at a time.
class Pcm extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Int16Array(1600);
    this.filled = 0;
  }

  process([input]) {
    for (const sample of input[0] ?? []) {
      this.chunk[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk.slice().buffer);
        this.filled = 0;
      }
    }
    return true;
  }
}
registerProcessor("pcm", Pcm);
