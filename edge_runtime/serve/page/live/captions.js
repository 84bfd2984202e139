/** Live text: the lines that are final, and below them the open one, whose draft may change. */

import { languageCode } from "../settings/spoken_language.js";

/** More are taken out of the page; the transcript has them all. */
export const MAX_LINES = 200;

export class Captions {
  #scroll;
  #lines;
  #stable;
  #draft;
  #empty;

  /** @param {ParentNode} root of the page */
  constructor(root) {
    const element = (id) => root.querySelector(`#${id}`);
    this.#scroll = element("captions");
    [this.#lines, this.#stable, this.#draft, this.#empty] = ["lines", "stable", "draft", "captions-empty"].map(element);
  }

  clear() {
    this.#lines.replaceChildren();
    this.clearOpen();
    this.#empty.hidden = false;
  }

  /** Take the open line away. */
  clearOpen() {
    this.#stable.textContent = "";
    this.#draft.textContent = "";
  }

  /** @param {{stable_added: string, draft: string}} partial goes on with the open line */
  partial({ stable_added: added, draft }) {
    this.#follow(() => {
      this.#stable.append(added);
      this.#draft.textContent = draft;
    });
  }

  /** @param {{text: string, language: string|null}} final takes the place of the open line */
  final({ text, language }) {
    this.#follow(() => {
      this.clearOpen();
      if (!text) return;
      const line = document.createElement("p");
      Object.assign(line, { textContent: text, lang: languageCode(language) });
      this.#lines.append(line);
      while (this.#lines.children.length > MAX_LINES) this.#lines.firstChild.remove();
    });
  }

  /** @returns {string} the stable text of the open line */
  get openText() {
    return this.#stable.textContent;
  }

  /** Change the text, and stay at its end unless the reader went back. */
  #follow(change) {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll;
    const isAtEnd = scrollTop + clientHeight > scrollHeight - 48;
    change();
    this.#empty.hidden = Boolean(this.#lines.firstChild || this.openText || this.#draft.textContent);
    if (isAtEnd) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }
}
