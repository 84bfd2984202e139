/** The language of the interface: what is said in it, and what is said anew when it changes. */

import { STRINGS } from "./strings.js";

let current = "en";
const listeners = [];

/** @returns {string} code of the interface's language, "en" or "zh" */
export function interfaceLanguage() {
  return current;
}

/**
 * @param {string[]} preferred language tags, as `navigator.languages` has them
 * @returns {string} code of the first that the interface has, else "en"
 */
export function bestInterfaceLanguage(preferred) {
  const codes = preferred.map((tag) => tag.toLowerCase().split("-")[0]);
  return codes.find((code) => code in STRINGS) ?? "en";
}

/**
 * @param {string} key of `STRINGS`
 * @param {Object<string, string|number>} [values] for the places in braces
 * @returns {string} the text
 */
export function say(key, values = {}) {
  return STRINGS[current][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * Write a text into an element; it follows the interface's language from now on.
 * @param {Element} element
 * @param {string} key of `STRINGS`
 * @param {Object<string, string|number>} [values]
 */
export function write(element, key, values = {}) {
  Object.assign(element.dataset, { text: key, values: JSON.stringify(values) });
  element.textContent = say(key, values);
}

/** The same for the name that a screen reader says. @type {typeof write} */
export function writeLabel(element, key, values = {}) {
  Object.assign(element.dataset, { label: key, values: JSON.stringify(values) });
  element.setAttribute("aria-label", say(key, values));
}

/** @param {() => void} listener called after the language changed */
export function onInterfaceLanguage(listener) {
  listeners.push(listener);
}

/** @param {string} code "en" or "zh" */
export function setInterfaceLanguage(code) {
  current = code;
  document.documentElement.lang = code === "zh" ? "zh-Hans" : code;
  const values = (element) => JSON.parse(element.dataset.values ?? "{}");
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text, values(element));
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label, values(element)));
  }
  for (const element of document.querySelectorAll("[data-placeholder]")) {
    element.placeholder = say(element.dataset.placeholder);
  }
  listeners.forEach((listener) => listener());
}
