/** A transcript as a file: SubRip, WebVTT, plain text, and JSON in the form of OpenAI's `verbose_json`. */

import { cuesOf } from "./cues.js";

/** @param {number} seconds @param {string} point before the milliseconds @returns {string} HH:MM:SS.mmm */
function fileClock(seconds, point) {
  const ms = Math.max(0, Math.round(1000 * seconds));
  const two = (value) => String(Math.floor(value)).padStart(2, "0");
  const rest = String(ms % 1000).padStart(3, "0");
  return `${two(ms / 3600000)}:${two((ms / 60000) % 60)}:${two((ms / 1000) % 60)}${point}${rest}`;
}

const cuesOfAll = (transcript) => transcript.segments.flatMap(cuesOf);
const span = ({ start, end }, point) => `${fileClock(start, point)} --> ${fileClock(end, point)}`;
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function srt(transcript) {
  const block = (cue, index) => `${index + 1}\n${span(cue, ",")}\n${cue.text.replaceAll("-->", "→")}\n\n`;
  return cuesOfAll(transcript).map(block).join("");
}

function vtt(transcript) {
  const block = (cue) => `${span(cue, ".")}\n${escaped(cue.text)}\n\n`;
  return `WEBVTT\n\n${cuesOfAll(transcript).map(block).join("")}`;
}

function json({ language, duration, segments, text }) {
  const written = segments.filter((segment) => segment.text);
  const words = written.flatMap((segment) => segment.words);
  const body = {
    task: "transcribe",
    language: language ?? "unknown",
    duration,
    text: text.replaceAll("\n", " "),
    segments: written.map((segment, id) => ({ id, start: segment.start, end: segment.end, text: segment.text })),
    ...(words.length && { words: words.map((word) => ({ word: word.text, start: word.start, end: word.end })) }),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

/** By the ending of the file: its media type, and what writes it. */
export const FORMATS = {
  srt: { type: "application/x-subrip", write: srt },
  vtt: { type: "text/vtt", write: vtt },
  txt: { type: "text/plain", write: (transcript) => `${transcript.text}\n` },
  json: { type: "application/json", write: json },
};

/**
 * Have the browser save a transcript.
 * @param {import("./transcript.js").Transcript} transcript
 * @param {string} format of `FORMATS`
 */
export function download(transcript, format) {
  const { type, write } = FORMATS[format];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([write(transcript)], { type: `${type};charset=utf-8` }));
  link.download = `${transcript.name.replace(/\.\w{1,5}$/, "").replace(/[/\\:]/g, "-")}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
