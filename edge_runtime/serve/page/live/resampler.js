/** From the rate of a sound card to 16 kHz, block by block: a windowed sinc (Blackman), like a low-pass and a delay. */

export const RATE = 16000;

/** Zero crossings of the sinc on either side of an output sample. */
const CROSSINGS = 24;
/** Of the output's bandwidth: what is above would fold back. */
const CUTOFF = 0.94;

/** @param {number} x in zero crossings @returns {number} the kernel, 1 at 0 and 0 beyond the crossings */
function kernel(x) {
  if (Math.abs(x) >= CROSSINGS) return 0;
  const phase = (Math.PI * x) / CROSSINGS;
  const window = 0.42 + 0.5 * Math.cos(phase) + 0.08 * Math.cos(2 * phase);
  return x === 0 ? window : (window * Math.sin(Math.PI * x)) / (Math.PI * x);
}

export class Resampler {
  #step;
  #scale;
  #reach;
  #input;
  #next;
  #phases = new Map();

  /** @param {number} rate of the input in Hz */
  constructor(rate) {
    this.#step = rate / RATE;
    this.#scale = Math.min(1, RATE / rate) * CUTOFF;
    this.#reach = Math.ceil(CROSSINGS / this.#scale);
    this.#input = new Float32Array(this.#reach);
    this.#next = this.#reach;
  }

  /**
   * @param {Float32Array} block samples in order
   * @returns {Float32Array} the samples at 16 kHz whose surroundings have come
   */
  push(block) {
    const input = new Float32Array(this.#input.length + block.length);
    input.set(this.#input);
    input.set(block, this.#input.length);
    const output = [];
    for (; this.#next + this.#reach < input.length; this.#next += this.#step) output.push(this.#at(input));
    const used = Math.max(0, Math.floor(this.#next) - this.#reach);
    this.#input = input.slice(used);
    this.#next -= used;
    return Float32Array.from(output);
  }

  /** @returns {Float32Array} the samples that were waiting for what would come */
  flush() {
    return this.push(new Float32Array(this.#reach));
  }

  #at(input) {
    const centre = Math.floor(this.#next);
    const weights = this.#weights(this.#next - centre);
    const first = centre - this.#reach;
    let sum = 0;
    for (let index = 0; index < weights.length; index += 1) sum += weights[index] * input[first + index];
    return sum;
  }

  #weights(phase) {
    const name = Math.round(phase * 1e6);
    if (!this.#phases.has(name)) {
      const length = 2 * this.#reach + 1;
      const weight = (_, index) => this.#scale * kernel((index - this.#reach - phase) * this.#scale);
      this.#phases.set(name, Float32Array.from({ length }, weight));
    }
    return this.#phases.get(name);
  }
}
