/** The languages that the model hears; their names in the interface's language come from the browser. */

import { interfaceLanguage, say } from "./interface_language.js";

/** ISO 639 codes of the languages of Qwen3-ASR. */
export const CODES = (
  "ar yue zh cs da nl en fil fi fr de el hi hu id it ja ko mk ms fa pl pt ro ru es sv th tr vi"
).split(" ");

const nameIn = (locale, code) => new Intl.DisplayNames([locale], { type: "language" }).of(code);
const codeOfName = new Map(CODES.map((code) => [nameIn("en", code).toLowerCase(), code]));

/**
 * @param {string|null} language a code or an English name, as the server says it
 * @returns {string} its code; "" where it is unknown
 */
export function languageCode(language) {
  const name = (language ?? "unknown").toLowerCase();
  return codeOfName.get(name) ?? (name === "unknown" ? "" : name);
}

/**
 * @param {string|null} language a code or an English name
 * @returns {string} its name in the interface's language; "" where it is unknown
 */
export function languageName(language) {
  const code = languageCode(language);
  return CODES.includes(code) ? nameIn(interfaceLanguage(), code) : code;
}

/**
 * Offer languages; the value is a code, or "" to detect the language.
 * @param {HTMLSelectElement} select
 * @param {string[]} codes
 */
export function offerLanguages(select, codes = CODES) {
  const chosen = select.value;
  const collator = new Intl.Collator(interfaceLanguage());
  const named = codes.map((code) => [languageName(code), code]).sort((a, b) => collator.compare(a[0], b[0]));
  select.replaceChildren(new Option(say("detect"), ""), ...named.map(([name, code]) => new Option(name, code)));
  select.value = codes.includes(chosen) ? chosen : "";
}
