/** A recording on its way: how much is sent, how long the server works, and a way out. */

import { write } from "../settings/interface_language.js";
import { clock } from "../transcript/clock.js";
import { showView } from "../views.js";
import { transcribe } from "./transcription_request.js";

const element = (id) => document.getElementById(id);

/** @param {number} share of the recording that the server has */
function showProgress(share) {
  const bar = element("progress");
  if (share < 1) {
    bar.value = share;
    write(element("working-step"), "uploading", { percent: Math.floor(100 * share) });
  } else {
    bar.removeAttribute("value");
    write(element("working-step"), "transcribing");
  }
}

/**
 * @param {import("./transcription_request.js").Order} order
 * @returns {Promise<object|null>} `verbose_json`; null where the user cancelled
 * @throws {import("../settings/server.js").ServerError}
 */
export async function upload(order) {
  const control = new AbortController();
  const began = performance.now();
  const tick = setInterval(() => {
    element("working-clock").textContent = clock((performance.now() - began) / 1000);
  }, 500);
  element("working-title").textContent = order.name;
  element("working-clock").textContent = "";
  element("cancel").onclick = () => control.abort();
  showProgress(0);
  showView("working");
  try {
    return await transcribe(order, showProgress, control.signal);
  } catch (error) {
    if (control.signal.aborted) return null;
    throw error;
  } finally {
    clearInterval(tick);
  }
}
