/** Microphone → server → captions, until somebody stops it. */

import { Microphone } from "./microphone.js";
import { Recording } from "./recording.js";
import { RATE } from "./resampler.js";
import { StreamSocket } from "./stream_socket.js";

/** Silence that is kept to be sent again, as the server may not have seen yet that somebody speaks. */
const KEPT_SILENCE = 30 * RATE;

/**
 * @typedef {object} SessionView
 * @property {(state: "opening"|"connectingLive"|"listening"|"finishing") => void} onState
 * @property {() => void} onStream a stream begins, or begins again: the text of the open line comes anew
 * @property {(event: object) => void} onEvent events of the stream, times from the start of the session
 * @property {(seconds: number) => void} onWaiting the connection is lost
 * @property {(block: Int16Array) => void} onBlock samples of the microphone
 * @property {(message: string) => void} onEnd over; "" where nothing is wrong
 */

export class LiveSession {
  #options;
  #view;
  #microphone;
  #socket;
  #streamStart = 0;
  #isSpeech = false;
  #isStopping = false;
  #isOver = false;

  /** Everything that was said. */
  recording = new Recording();

  /**
   * @param {import("../settings/server.js").SpeechOptions} options of the stream
   * @param {SessionView} view
   */
  constructor(options, view) {
    this.#options = options;
    this.#view = view;
  }

  /** @throws {import("./microphone.js").MicrophoneError} there is none */
  async start() {
    this.#view.onState("opening");
    this.#microphone = await Microphone.open((block) => this.#take(block));
    this.#microphone.onLost(() => this.stop());
    this.#view.onState("connectingLive");
    this.#socket = new StreamSocket(this.#options, {
      onReady: () => this.#begin(),
      onEvent: (event) => this.#tell(event),
      onWaiting: (seconds) => this.#wait(seconds),
      onEnd: (message) => this.#end(message),
    });
  }

  /** End when the last sentence is there; the second call ends at once. */
  async stop() {
    if (this.#isStopping) {
      this.#end("");
      return;
    }
    this.#isStopping = true;
    this.#view.onState("finishing");
    await this.#microphone?.close();
    this.#socket?.send({ type: "close" });
  }

  #take(block) {
    if (this.#isOver) return;
    this.recording.append(block);
    this.#view.onBlock(block);
    this.#socket?.send(block);
    const silence = this.recording.length - this.recording.settledTo;
    if (!this.#isSpeech && this.#socket?.isReady && silence > 2 * KEPT_SILENCE) {
      this.recording.settle(this.recording.length - KEPT_SILENCE);
    }
  }

  #begin() {
    this.#streamStart = this.recording.settledTo;
    this.#isSpeech = false;
    this.#view.onStream();
    this.recording.pending.forEach((block) => this.#socket.send(block));
    if (this.#isStopping) this.#socket.send({ type: "close" });
    this.#view.onState(this.#isStopping ? "finishing" : "listening");
  }

  #tell(event) {
    const moved = moveTimes(event, this.#streamStart / RATE);
    if (event.type === "speech_start") this.#isSpeech = true;
    if (event.type === "final") {
      this.#isSpeech = false;
      this.recording.settle(Math.round(moved.end * RATE));
    }
    this.#view.onEvent(moved);
  }

  #wait(seconds) {
    if (!this.#isOver) this.#view.onWaiting(seconds);
  }

  async #end(message) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket?.abandon();
    if (!this.#isStopping) await this.#microphone?.close();
    this.#view.onEnd(message);
  }
}

/** @param {object} event @param {number} offset in seconds @returns {object} the event with later times */
export function moveTimes(event, offset) {
  const moved = { ...event };
  for (const name of ["start", "end", "audio_s"]) {
    if (name in moved) moved[name] += offset;
  }
  if (moved.words) moved.words = moved.words.map((word) => moveTimes(word, offset));
  return moved;
}
