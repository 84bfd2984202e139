/** The server that the page came from: its addresses, its key, what it can do. */

let key = "";

/** What a server answered in place of a result; `message` is for a person. */
export class ServerError extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP, 0 without an answer
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** @returns {string} the API key, "" without one */
export function serverKey() {
  return key;
}

/** @param {string} value kept until the page is closed */
export function setServerKey(value) {
  key = value;
}

/**
 * @typedef {{language: string, context: string, wordTimes: boolean}} SpeechOptions "" where there is no language, or
 *   no context; `wordTimes`: whether the server finds the times of words
 */

/**
 * @param {SpeechOptions} options of the stream
 * @returns {string} address of the WebSocket for live captions
 */
export function streamAddress({ language, context, wordTimes }) {
  const address = new URL("stream", document.baseURI);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.search = new URLSearchParams({ rate: "16000", words: wordTimes ? "1" : "0" });
  if (language) address.searchParams.set("language", language);
  if (context) address.searchParams.set("context", context);
  return address.href;
}

/**
 * @param {number} status
 * @param {string} body JSON with `error.message`, or anything
 * @returns {ServerError}
 */
export function serverError(status, body) {
  try {
    const { error, detail } = JSON.parse(body);
    const message = error?.message ?? error ?? detail;
    if (typeof message === "string") return new ServerError(message, status);
  } catch {
    // No JSON: a proxy's page.
  }
  return new ServerError(`HTTP ${status}`, status);
}

/**
 * @typedef {object} Info what `GET /info` says
 * @property {string} model name of the model
 * @property {string|null} aligner name of the model that finds the times of words, null where there is none
 * @property {{name: string, code: string|null}[]} languages that the model knows
 * @property {number} max_body_mb largest body of a request, in MiB
 */

/**
 * @returns {Promise<Info>}
 * @throws {ServerError} the server refuses (status 401: it wants a key), or none answers (status 0)
 */
export async function serverInfo() {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const answer = await fetch("info", { headers }).catch(() => {
    throw new ServerError("", 0);
  });
  if (!answer.ok) throw serverError(answer.status, await answer.text());
  return answer.json();
}
