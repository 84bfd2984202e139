/** The view of live captions, from the first word to the transcript. */

import { write } from "../settings/interface_language.js";
import { clock } from "../transcript/clock.js";
import { StreamTranscript } from "../transcript/transcript.js";
import { showView } from "../views.js";
import { Captions } from "./captions.js";
import { LiveSession } from "./live_session.js";

/** Seconds behind the speaker from which it is said. */
const BEHIND_S = 4;

const element = (id) => document.getElementById(id);

/** @param {Int16Array} block @returns {number} how loud it is, 0 to 1, by decibels over 50 */
function loudness(block) {
  const power = block.reduce((sum, sample) => sum + sample * sample, 0) / block.length / 2 ** 30;
  return Math.max(0, Math.min(1, 1 + Math.log10(power + 1e-9) / 5));
}

/** Keep the screen on, where the browser can. */
async function stayAwake() {
  return navigator.wakeLock?.request("screen").catch(() => undefined);
}

/**
 * Caption the microphone until it is stopped.
 * @param {import("../settings/server.js").SpeechOptions} options of the stream
 * @param {string} name of the transcript
 * @returns {Promise<{transcript: import("../transcript/transcript.js").Transcript, recording: Blob, message: string}>}
 *   `message`: why it ended by itself, else ""
 * @throws {import("./microphone.js").MicrophoneError}
 */
export async function captionLive(options, name) {
  const view = new LiveView();
  const session = new LiveSession(options, view);
  element("stop").onclick = () => session.stop();
  const lock = await stayAwake();
  view.recorded = () => session.recording.seconds;
  showView("live");
  try {
    await session.start();
    const message = await view.ended;
    const transcript = view.transcript(name, session.recording);
    return { transcript, recording: session.recording.wav(), message };
  } finally {
    lock?.release();
  }
}

class LiveView {
  #captions = new Captions(document);
  #events = new StreamTranscript();
  #finish;

  /** Why it ended, "" where somebody stopped it. */
  ended = new Promise((resolve) => (this.#finish = resolve));
  /** Seconds of the recording so far. */
  recorded = () => 0;

  constructor() {
    this.#captions.clear();
    this.#notice("");
    element("live-clock").textContent = "";
  }

  onState(state) {
    element("live-state").parentElement.dataset.state = state;
    write(element("live-state"), state);
    write(element("stop"), state === "finishing" ? "giveUp" : "stop");
    this.#notice("");
  }

  onStream() {
    this.#captions.clearOpen();
  }

  onEvent(event) {
    this.#events.take(event);
    if (event.type === "partial") this.#captions.partial(event);
    if (event.type === "final") this.#captions.final(event);
    if (event.type !== "partial") return;
    const behind = this.recorded() - event.audio_s;
    this.#notice(behind > BEHIND_S ? "behind" : "", { seconds: Math.round(behind) });
  }

  onWaiting(seconds) {
    write(element("live-state"), "connectingLive");
    this.#notice("waiting", { seconds });
  }

  onBlock(block) {
    element("level").style.setProperty("--loud", loudness(block).toFixed(2));
    element("live-clock").textContent = clock(this.recorded());
  }

  onEnd(message) {
    this.#finish(message);
  }

  transcript(name, recording) {
    // The stable words of a sentence whose final never came.
    const open = this.#captions.openText;
    if (open) this.#events.add(open, recording.settledTo / 16000, recording.seconds);
    return this.#events.finish(name, recording.seconds);
  }

  #notice(key, values) {
    const notice = element("live-notice");
    if (key) write(notice, key, values);
    else {
      delete notice.dataset.text;
      notice.textContent = "";
    }
  }
}
