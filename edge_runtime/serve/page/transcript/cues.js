/** Subtitle cues of a transcript: two lines, not too long, ended where a sentence or a clause ends. */

import { share, units } from "./word_times.js";

/** @typedef {{start: number, end: number, text: string}} Cue times in seconds; lines parted by "\n" */

/** Characters a line, as guidelines for subtitles have them; full-width characters count twice. */
const LINE = 42;
const WIDE_LINE = 32;
const MAX_SECONDS = 7;
const MIN_SECONDS = 5 / 6;

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/g;
const SENTENCE_END = /[.!?…。！？]["'”’）)»」』]*$/;
const CLAUSE_END = /[,;:，、；：—–]["'”’）)»」』]*$/;

const width = (text) => text.length + (text.match(WIDE)?.length ?? 0);
const lineWidth = (text) => ((text.match(WIDE)?.length ?? 0) * 4 > text.length ? WIDE_LINE : LINE);

/** @param {import("./transcript.js").Segment} segment @returns {Cue[]} */
export function cuesOf(segment) {
  const { text, start, end } = segment;
  let words = segment.words.length ? segment.words : share(units(text), start, end);
  const cues = [];
  while (words.length) {
    const count = cueLength(text, words);
    const next = words[count]?.at ?? text.length;
    const shown = twoLines(text.slice(words[0].at, next).trim());
    cues.push({ start: words[0].start, end: words[count - 1].end, text: shown });
    words = words.slice(count);
  }
  return lengthen(cues, end);
}

/** @returns {number} how many of the words become one cue */
function cueLength(text, words) {
  const from = words[0].at;
  const shown = (index) => text.slice(from, words[index].at + words[index].text.length);
  const room = 2 * lineWidth(text) - 2;
  const fits = (index) => width(shown(index)) <= room && words[index].end - words[0].start <= MAX_SECONDS;
  let count = 1;
  while (count < words.length && fits(count)) count += 1;
  if (count === words.length) return count;
  const lastEnd = (pattern) => words.slice(0, count).findLastIndex((word) => pattern.test(word.text)) + 1;
  const clause = lastEnd(CLAUSE_END);
  return lastEnd(SENTENCE_END) || (clause > count / 3 ? clause : count);
}

/** @param {string} text @returns {string} in two lines of like length where one is too long */
function twoLines(text) {
  if (width(text) <= lineWidth(text)) return text;
  const breaks = units(text).slice(1).map((unit) => unit.at);
  const longer = (at) => Math.max(width(text.slice(0, at).trim()), width(text.slice(at)));
  const at = breaks.reduce((best, other) => (longer(other) < longer(best) ? other : best), breaks[0] ?? text.length);
  return `${text.slice(0, at).trim()}\n${text.slice(at)}`.trim();
}

/** Give short cues the time that they need to be read, where the next leaves it. */
function lengthen(cues, end) {
  return cues.map((cue, index) => {
    const limit = cues[index + 1]?.start ?? Math.max(end, cue.end);
    return { ...cue, end: Math.min(Math.max(cue.end, cue.start + MIN_SECONDS), Math.max(limit, cue.end)) };
  });
}
