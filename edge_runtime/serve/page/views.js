/** Which of its views the page shows, and what went wrong. */

import { say, write } from "./settings/interface_language.js";
import { ServerError } from "./settings/server.js";

const element = (id) => document.getElementById(id);
let again = () => {};

/** @param {"start"|"working"|"live"|"result"} name of the view; its heading has the focus then */
export function showView(name) {
  document.body.dataset.view = name;
  scrollTo(0, 0);
  document.querySelector(`.view.${name} h1`).focus({ preventScroll: true });
}

/** @returns {string} name of the view */
export function shownView() {
  return document.body.dataset.view;
}

/**
 * @param {string} title key of the strings
 * @param {Error|string} reason shown as it is
 * @param {() => void} [retry] what "Try again" does; without it there is no such button
 */
export function showProblem(title, reason, retry) {
  const isSilent = reason instanceof ServerError && reason.status === 0 && !reason.message;
  again = retry ?? (() => {});
  write(element("problem-title"), title);
  element("problem-text").textContent = isSilent ? say("noServer") : (reason.message ?? reason);
  element("problem-again").hidden = !retry;
  element("problem").hidden = false;
}

export function hideProblem() {
  element("problem").hidden = true;
}

/** Follow the buttons of the problem. */
export function prepareProblem() {
  element("problem-close").addEventListener("click", hideProblem);
  element("problem-again").addEventListener("click", () => {
    hideProblem();
    again();
  });
}
