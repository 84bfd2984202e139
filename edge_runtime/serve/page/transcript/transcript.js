/** The text of a recording, segment by segment, as the server gave it and as somebody edited it. */

import { locate, retime } from "./word_times.js";

/**
 * @typedef {import("./word_times.js").TimedWord} TimedWord
 * @typedef {{start: number, end: number, text: string, words: TimedWord[]}} Segment times in seconds; `words` is
 *   empty where their times are not known
 */

export class Transcript {
  /** Whether something would be lost with the page: edits, or what nobody can say again. */
  isUnsaved = false;

  /**
   * @param {{name: string, language: string|null, duration: number, segments: Segment[], warnings?: string[]}} parts
   *   `name`: of the recording; `language`: its name, several between commas; `duration` in seconds;
   *   `warnings`: what the server says against the text
   */
  constructor({ name, language, duration, segments, warnings = [] }) {
    Object.assign(this, { name, language, duration, segments, warnings });
  }

  /** @returns {string} all of it, a segment a line */
  get text() {
    return this.segments.map((segment) => segment.text).filter(Boolean).join("\n");
  }

  /**
   * @param {number} index of a segment
   * @param {string} text in place of its own; the segment keeps its times
   */
  edit(index, text) {
    const segment = this.segments[index];
    const written = text.replace(/\s+/g, " ").trim();
    if (written === segment.text) return;
    if (segment.words.length) segment.words = retime(segment.words, written, segment.start, segment.end);
    segment.text = written;
    this.isUnsaved = true;
  }
}

/**
 * @param {object} answer `verbose_json`
 * @param {string} name of the recording
 * @returns {Transcript}
 */
export function fromVerboseJson(answer, name) {
  const words = (answer.words ?? []).map(({ word, start, end }) => ({ text: word, start, end }));
  let next = 0;
  const segments = (answer.segments ?? []).map(({ start, end, text }) => {
    const located = locate(text.trim(), words.slice(next, next + text.length));
    next += located.length;
    return { start, end, text: text.trim(), words: located };
  });
  const warnings = (answer.warnings ?? []).map((warning) => warning.message);
  return new Transcript({ name, language: answer.language, duration: answer.duration, segments, warnings });
}

/** Collects the events of a stream. */
export class StreamTranscript {
  #segments = [];
  #languages = [];

  /** @param {object} event of `engines/stream.schema.json`; times from the start of the recording */
  take(event) {
    if (event.type === "final" && event.text) {
      this.add(event.text, event.start, event.end);
      if (event.language) this.#languages.push(event.language);
    }
    const last = this.#segments.at(-1);
    if (event.type === "words" && last?.start === event.start) last.words = locate(last.text, event.words);
  }

  /** @param {string} text of a segment @param {number} start in seconds @param {number} end in seconds */
  add(text, start, end) {
    this.#segments.push({ start, end, text: text.trim(), words: [] });
  }

  /** @param {string} name @param {number} duration in seconds @returns {Transcript} what came so far */
  finish(name, duration) {
    const language = [...new Set(this.#languages)].join(",") || null;
    const transcript = new Transcript({ name, language, duration, segments: this.#segments });
    transcript.isUnsaved = this.#segments.length > 0;
    return transcript;
  }
}
