/** Words with times inside a text, also after somebody edited it. */

/**
 * @typedef {{text: string, start: number, end: number, at: number}} TimedWord times in seconds; `at`: where in the text
 */

/** A Chinese or Japanese character with the punctuation behind it, else what stands between spaces. */
const UNIT = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]\p{P}*|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+/gu;

/** @param {string} text @returns {{text: string, at: number}[]} its units, in order */
export function units(text) {
  return [...text.matchAll(UNIT)].map((match) => ({ text: match[0], at: match.index }));
}

/**
 * Find words in their text.
 * @param {string} text
 * @param {{text: string, start: number, end: number}[]} words in order; those behind the text stay
 * @returns {TimedWord[]} the words that the text begins with, one behind the other
 */
export function locate(text, words) {
  const located = [];
  let at = 0;
  for (const word of words) {
    const written = word.text.trim();
    const next = text.indexOf(written, at);
    if (next < 0 || text.slice(at, next).trim()) break;
    located.push({ text: written, start: word.start, end: word.end, at: next });
    at = next + written.length;
  }
  return located;
}

const plain = (text) => text.toLowerCase().replace(/\P{L}/gu, "") || text;

/** @returns {[number, number][]} pairs of indices: the longest common subsequence of two lists */
function commonPairs(left, right) {
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint16Array(right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const skipped = Math.max(lengths[i + 1][j], lengths[i][j + 1]);
      lengths[i][j] = left[i] === right[j] ? lengths[i + 1][j + 1] + 1 : skipped;
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    if (left[i] === right[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/**
 * Share a span of time among units, by their lengths.
 * @param {{text: string, at: number}[]} parts
 * @param {number} start in seconds
 * @param {number} end in seconds
 * @returns {TimedWord[]}
 */
export function share(parts, start, end) {
  const total = parts.reduce((sum, part) => sum + part.text.length, 0);
  let before = 0;
  const time = () => start + ((end - start) * before) / total;
  return parts.map((part) => {
    const from = time();
    before += part.text.length;
    return { ...part, start: from, end: time() };
  });
}

/**
 * Times for the words of an edited text: a word that stayed keeps its own, others share the time between.
 * @param {TimedWord[]} words of the text before
 * @param {string} text after
 * @param {number} start of the segment in seconds
 * @param {number} end of the segment in seconds
 * @returns {TimedWord[]}
 */
export function retime(words, text, start, end) {
  const parts = units(text);
  const kept = commonPairs(words.map((word) => plain(word.text)), parts.map((part) => plain(part.text)));
  const timed = [];
  let [from, time] = [0, start];
  for (const [old, index] of [...kept, [-1, parts.length]]) {
    const word = words[old];
    timed.push(...share(parts.slice(from, index), time, word?.start ?? end));
    if (word) timed.push({ ...parts[index], start: word.start, end: word.end });
    [from, time] = [index + 1, word?.end ?? end];
  }
  return timed;
}
