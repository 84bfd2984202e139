/** In the thread of the audio: channels to one, to 16 kHz, to 16 bit, in messages of 100 ms. */

import { RATE, Resampler } from "./resampler.js";

const BLOCK = RATE / 10;

class PcmWorklet extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate);
  #block = new Int16Array(BLOCK);
  #filled = 0;
  #running = true;

  constructor() {
    super();
    this.port.onmessage = () => this.#end();
  }

  process([channels]) {
    if (this.#running && channels.length) this.#take(this.#resampler.push(mixed(channels)));
    return this.#running;
  }

  #take(samples) {
    for (const sample of samples) {
      this.#block[this.#filled] = Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
      this.#filled += 1;
      if (this.#filled === BLOCK) this.#send();
    }
  }

  #send() {
    const block = this.#block.slice(0, this.#filled);
    this.port.postMessage(block, [block.buffer]);
    this.#filled = 0;
  }

  #end() {
    this.#running = false;
    this.#take(this.#resampler.flush());
    if (this.#filled) this.#send();
    this.port.postMessage(null);
  }
}

function mixed(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, index) => channels.reduce((sum, channel) => sum + channel[index], 0) / channels.length);
}

registerProcessor("pcm", PcmWorklet);
