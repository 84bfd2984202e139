/** `WS /stream` (docs/serve.md), opened again with growing pauses when it is lost. */

import { say } from "../settings/interface_language.js";
import { serverKey, streamAddress } from "../settings/server.js";

const FIRST_PAUSE_S = 0.5;
const LONGEST_PAUSE_S = 15;
/** Codes after which another try meets the same end. */
const FOR_GOOD = [1000, 1003, 1007, 1008, 1009];
/** A server that never opened a stream in so many tries does not want to: browsers do not tell why. */
const FIRST_TRIES = 3;

/**
 * @typedef {object} SocketListener
 * @property {() => void} onReady a new stream begins: send samples
 * @property {(event: object) => void} onEvent an event of the stream
 * @property {(seconds: number) => void} onWaiting it is lost, and is opened again after so many seconds
 * @property {(message: string) => void} onEnd it is closed for good; "" where the stream is complete
 */

export class StreamSocket {
  #listener;
  #address;
  #socket;
  #isReady = false;
  #triesLeft = FIRST_TRIES;
  #pause = FIRST_PAUSE_S;
  #timer;
  #message = "";

  /**
   * @param {import("../settings/server.js").SpeechOptions} options of the stream
   * @param {SocketListener} listener
   */
  constructor(options, listener) {
    this.#address = streamAddress(options);
    this.#listener = listener;
    this.#connect();
  }

  /** @returns {boolean} whether what is sent arrives */
  get isReady() {
    return this.#isReady;
  }

  /** @param {object|Int16Array} message sent as JSON, samples as they are; nothing while it is lost */
  send(message) {
    if (!this.#isReady) return;
    this.#socket.send(ArrayBuffer.isView(message) ? message : JSON.stringify(message));
  }

  /** Close without waiting for anything. */
  abandon() {
    clearTimeout(this.#timer);
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #connect() {
    // Browsers send no headers with a WebSocket, so the key is a subprotocol.
    this.#socket = new WebSocket(this.#address, serverKey() ? [`edge-asr-key.${serverKey()}`] : []);
    this.#socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    this.#socket.onclose = ({ code }) => this.#closed(code);
  }

  #take(event) {
    if (event.type === "error") this.#message = event.message;
    else if (event.type === "ready") this.#begin();
    else this.#listener.onEvent(event);
  }

  #begin() {
    this.#isReady = true;
    this.#triesLeft = Infinity;
    this.#message = "";
    this.#pause = FIRST_PAUSE_S;
    this.#listener.onReady();
  }

  #closed(code) {
    this.#isReady = false;
    this.#triesLeft -= 1;
    if (FOR_GOOD.includes(code) || !this.#triesLeft) {
      this.#listener.onEnd(code === 1000 ? "" : this.#message || say("noStream", { code }));
      return;
    }
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, LONGEST_PAUSE_S);
    this.#timer = setTimeout(() => this.#connect(), 1000 * pause);
    this.#listener.onWaiting(pause);
  }
}
