/** One recording to `POST /v1/audio/transcriptions`. */

import { ServerError, serverError, serverKey } from "../settings/server.js";

/**
 * @typedef {{file: Blob, name: string, model: string} & import("../settings/server.js").SpeechOptions} Order
 */

/** @param {Order} order @returns {FormData} the fields of the request */
function fields(order) {
  const form = new FormData();
  form.append("model", order.model);
  form.append("response_format", "verbose_json");
  form.append("timestamp_granularities[]", "segment");
  if (order.wordTimes) form.append("timestamp_granularities[]", "word");
  if (order.language) form.append("language", order.language);
  if (order.context) form.append("prompt", order.context);
  form.append("file", order.file, order.name);
  return form;
}

/**
 * Send a recording and wait for its text. `fetch` tells no progress of what it sends, so this is an XMLHttpRequest.
 * @param {Order} order
 * @param {(share: number) => void} onSent called with the share that the server has, 0 to 1
 * @param {AbortSignal} signal ends the request, and the work for it on the server
 * @returns {Promise<object>} the answer, `verbose_json`
 * @throws {ServerError} the server's refusal, or none came (status 0)
 */
export function transcribe(order, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "v1/audio/transcriptions");
    if (serverKey()) request.setRequestHeader("Authorization", `Bearer ${serverKey()}`);
    request.upload.addEventListener("progress", (event) => onSent(event.loaded / event.total));
    request.upload.addEventListener("load", () => onSent(1));
    request.addEventListener("load", () => {
      if (request.status !== 200) reject(serverError(request.status, request.responseText));
      else resolve(JSON.parse(request.responseText));
    });
    request.addEventListener("error", () => reject(new ServerError("", 0)));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort());
    request.send(fields(order));
  });
}
