/** The view of a transcript: read, hear, edit, download. */

import { onInterfaceLanguage, say, write } from "../settings/interface_language.js";
import { CODES, languageCode, languageName } from "../settings/spoken_language.js";
import { showView } from "../views.js";
import { clock } from "./clock.js";
import { download } from "./formats.js";
import { Player } from "./player.js";
import { SegmentList } from "./segment_list.js";

const element = (id) => document.getElementById(id);

export class Result {
  #transcript = null;
  #player;
  #segments;

  constructor() {
    this.#player = new Player(document, (seconds, isPlaying) => this.#segments?.mark(seconds, isPlaying));
    this.#segments = new SegmentList(element("segments"), this.#player);
    document.querySelectorAll("[data-format]").forEach((button) =>
      button.addEventListener("click", () => this.#download(button.dataset.format)),
    );
    element("copy").addEventListener("click", () => this.#copy());
    onInterfaceLanguage(() => this.#showFacts());
    addEventListener("keydown", (event) => this.#key(event));
  }

  /** @returns {boolean} whether something would be lost */
  get isUnsaved() {
    return this.#transcript?.isUnsaved ?? false;
  }

  /**
   * @param {import("./transcript.js").Transcript} transcript
   * @param {Blob} recording to be played
   */
  show(transcript, recording) {
    this.#transcript = transcript;
    const { name, segments, warnings, duration } = transcript;
    const hasText = segments.length > 0;
    element("result-title").textContent = name;
    element("warnings").replaceChildren(...warnings.map(listItem));
    element("warnings").hidden = !warnings.length;
    element("no-text").hidden = hasText;
    element("edit-hint").hidden = !hasText;
    [element("download-label").parentElement, element("copy")].forEach((part) => (part.hidden = !hasText));
    write(element("edit-hint"), segments.some((segment) => segment.words.length) ? "editHint" : "editHintSegments");
    this.#showFacts();
    const code = languageCode(transcript.language);
    element("segments").lang = CODES.includes(code) ? code : "";
    this.#segments.show(transcript);
    this.#player.open(recording, duration);
    showView("result");
  }

  /** Forget the transcript. */
  clear() {
    this.#transcript = null;
    this.#player.close();
    element("segments").replaceChildren();
  }

  #showFacts() {
    if (!this.#transcript) return;
    const languages = (this.#transcript.language ?? "").split(",").map(languageName).filter(Boolean);
    const facts = [languages.join(", "), clock(this.#transcript.duration)];
    element("result-facts").textContent = facts.filter(Boolean).join(" · ");
  }

  #download(format) {
    download(this.#transcript, format);
    this.#transcript.isUnsaved = false;
  }

  async #copy() {
    await navigator.clipboard.writeText(this.#transcript.text);
    write(element("copy"), "copied");
    element("said").textContent = say("copied");
    setTimeout(() => {
      write(element("copy"), "copy");
      element("said").textContent = "";
    }, 2000);
  }

  #key(event) {
    const isBusy = event.target.closest("input, textarea, button, select, a, dialog");
    if (!this.#transcript || event.key !== " " || isBusy) return;
    event.preventDefault();
    this.#player.toggle();
  }
}

function listItem(text) {
  return Object.assign(document.createElement("li"), { textContent: text });
}
