/** The segments on the page: words that can be clicked, a pencil, and the word that is played. */

import { say, writeLabel } from "../settings/interface_language.js";
import { clock } from "./clock.js";
import { editSegment } from "./segment_editor.js";

/** Somebody who scrolls reads elsewhere: so long the page does not follow the player. */
const READING_MS = 5000;

export class SegmentList {
  #list;
  #transcript;
  #player;
  #current = {};
  #scrolledAt = -Infinity;

  /**
   * @param {HTMLOListElement} list
   * @param {{playFrom: (seconds: number) => void, pause: () => void}} player
   */
  constructor(list, player) {
    this.#list = list;
    this.#player = player;
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("dblclick", (event) => this.#edit(event.target.closest("li"), event));
    ["wheel", "touchmove"].forEach((name) =>
      addEventListener(name, () => (this.#scrolledAt = performance.now()), { passive: true }),
    );
  }

  /** @param {import("./transcript.js").Transcript} transcript */
  show(transcript) {
    this.#transcript = transcript;
    this.#current = {};
    this.#list.replaceChildren(...transcript.segments.map((segment) => item(segment)));
  }

  /**
   * Mark what is said at a time.
   * @param {number} seconds
   * @param {boolean} isPlaying the page follows then
   */
  mark(seconds, isPlaying) {
    const segments = this.#transcript?.segments ?? [];
    const index = segments.findLastIndex((segment) => segment.start <= seconds);
    const isWithin = index >= 0 && seconds < segments[index].end;
    const row = isWithin ? this.#list.children[index] : undefined;
    const words = isWithin ? segments[index].words : [];
    const word = row?.querySelectorAll(".words [data-start]")[words.findLastIndex((other) => other.start <= seconds)];
    if (this.#swap("row", row) && row && isPlaying) this.#bring(row);
    this.#swap("word", word);
  }

  #swap(name, element) {
    if (this.#current[name] === element) return false;
    this.#current[name]?.classList.remove("now");
    element?.classList.add("now");
    this.#current[name] = element;
    return true;
  }

  #bring(row) {
    if (performance.now() - this.#scrolledAt < READING_MS || this.#list.querySelector("textarea")) return;
    row.scrollIntoView({ block: "nearest" });
  }

  #click({ target }) {
    const timed = target.closest("[data-start]");
    if (timed && getSelection().isCollapsed) this.#player.playFrom(Number(timed.dataset.start));
    if (target.closest(".edit")) this.#edit(target.closest("li"));
  }

  #edit(row, event) {
    if (!row || event?.target.closest("button, textarea")) return;
    getSelection().removeAllRanges();
    // The first of the two clicks began to play.
    if (event) this.#player.pause();
    const index = [...this.#list.children].indexOf(row);
    const segment = this.#transcript.segments[index];
    const label = say("editing", { time: clock(segment.start) });
    editSegment(row.querySelector(".words"), segment.text, label, (text, byKey) => {
      this.#transcript.edit(index, text);
      row.querySelector(".words").replaceChildren(...pieces(segment));
      if (byKey) row.querySelector(".edit").focus({ preventScroll: true });
    });
  }
}

function item(segment) {
  const row = document.createElement("li");
  const time = button("time", clock(segment.start), "seekTo", segment);
  time.dataset.start = segment.start;
  const words = document.createElement("p");
  words.className = "words";
  words.append(...pieces(segment));
  const edit = button("edit quiet icon", "", "edit", segment);
  edit.innerHTML = '<svg aria-hidden="true"><use href="#icon-edit"/></svg>';
  row.append(time, words, edit);
  return row;
}

function button(name, text, label, segment) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: name, textContent: text });
  writeLabel(made, label, { time: clock(segment.start) });
  return made;
}

/** @returns {(string|HTMLElement)[]} a text, its timed words in elements of their own */
function pieces({ text, words }) {
  const made = [];
  let at = 0;
  for (const word of words) {
    const element = document.createElement("span");
    element.dataset.start = word.start;
    element.textContent = word.text;
    made.push(text.slice(at, word.at), element);
    at = word.at + word.text.length;
  }
  return [...made, text.slice(at)];
}
