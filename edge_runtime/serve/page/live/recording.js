/** What the microphone gave: kept to be played, and to be sent again where no final covers it. */

import { RATE } from "./resampler.js";

/** Blocks are packed into Blobs, which the browser may keep on disk. */
const PACK_SAMPLES = 60 * RATE;

export class Recording {
  #packed = [];
  #settled = [];
  #settledSamples = 0;
  #pending = [];

  /** Samples so far. */
  length = 0;
  /** Position of the first sample that no final covers. */
  settledTo = 0;

  /** @returns {number} in seconds */
  get seconds() {
    return this.length / RATE;
  }

  /** @returns {Int16Array[]} what follows `settledTo` */
  get pending() {
    return this.#pending;
  }

  /** @param {Int16Array} block */
  append(block) {
    this.#pending.push(block);
    this.length += block.length;
  }

  /** @param {number} position samples before it are not sent again */
  settle(position) {
    while (this.#pending.length && this.settledTo < position) {
      const block = this.#pending.shift();
      const share = Math.min(block.length, position - this.settledTo);
      this.#keep(block.subarray(0, share));
      if (share < block.length) this.#pending.unshift(block.subarray(share));
      this.settledTo += share;
    }
  }

  #keep(block) {
    this.#settled.push(block);
    this.#settledSamples += block.length;
    if (this.#settledSamples < PACK_SAMPLES) return;
    this.#packed.push(new Blob(this.#settled));
    [this.#settled, this.#settledSamples] = [[], 0];
  }

  /** @returns {Blob} all of it as a WAV file */
  wav() {
    const parts = [wavHeader(this.length), ...this.#packed, ...this.#settled, ...this.#pending];
    return new Blob(parts, { type: "audio/wav" });
  }
}

/** @param {number} samples @returns {ArrayBuffer} the header of RIFF/WAVE: PCM, 16 bit, one channel */
function wavHeader(samples) {
  const view = new DataView(new ArrayBuffer(44));
  const tag = (offset, text) => [...text].forEach((char, index) => view.setUint8(offset + index, char.charCodeAt(0)));
  const bytes = 2 * samples;
  tag(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  tag(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  tag(36, "data");
  view.setUint32(40, bytes, true);
  return view.buffer;
}
