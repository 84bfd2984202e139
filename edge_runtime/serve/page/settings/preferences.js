/** What a user sets once: dark mode, text size, language of the interface. Kept by the browser. */

import { bestInterfaceLanguage, interfaceLanguage, setInterfaceLanguage } from "./interface_language.js";

const root = document.documentElement;

/** @returns {string|null} what was kept; null too where the browser keeps nothing */
function kept(name) {
  try {
    return localStorage.getItem(`edge-asr.${name}`);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`edge-asr.${name}`, value);
  } catch {
    // A private window: the setting holds as long as the page.
  }
}

function isDark() {
  const theme = root.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function prepareTheme(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  if (["light", "dark"].includes(kept("theme"))) root.dataset.theme = kept("theme");
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep("theme", root.dataset.theme);
    show();
  });
  show();
}

function prepareSize(slider) {
  const show = () => root.style.setProperty("--reading-size", `${slider.value / 16}rem`);
  slider.value = kept("size") ?? slider.value;
  slider.addEventListener("input", () => {
    keep("size", slider.value);
    show();
  });
  show();
}

function prepareInterface(button) {
  const show = (code) => {
    setInterfaceLanguage(code);
    [button.textContent, button.lang] = code === "zh" ? ["English", "en"] : ["中文", "zh"];
  };
  button.addEventListener("click", () => {
    const code = interfaceLanguage() === "zh" ? "en" : "zh";
    keep("interface", code);
    show(code);
  });
  show(bestInterfaceLanguage([kept("interface") ?? "", ...navigator.languages]));
}

/** Take up what was kept, and follow the three controls of the header. */
export function preparePreferences() {
  prepareTheme(document.getElementById("theme"));
  prepareSize(document.getElementById("size"));
  prepareInterface(document.getElementById("interface"));
}
