/** The microphone as 16 kHz PCM. */

import { say } from "../settings/interface_language.js";

/** Why there is no microphone, for a person. */
export class MicrophoneError extends Error {}

/** @param {Error} error of `getUserMedia` @returns {MicrophoneError} */
function reasonOf(error) {
  if (error.name === "NotFoundError") return new MicrophoneError(say("noMicrophone"));
  if (error.name === "NotAllowedError") return new MicrophoneError(say("microphoneDenied"));
  return new MicrophoneError(say("microphoneFailed", { reason: error.message }));
}

export class Microphone {
  #stream;
  #context;
  #node;
  #ended;

  /**
   * @param {(block: Int16Array) => void} onBlock called with 100 ms of samples
   * @returns {Promise<Microphone>} one that is running
   * @throws {MicrophoneError}
   */
  static async open(onBlock) {
    if (!navigator.mediaDevices) throw new MicrophoneError(say("insecure"));
    const microphone = new Microphone();
    // The model was trained on sound as it is; what browsers do for calls takes speech away.
    const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    try {
      microphone.#stream = await navigator.mediaDevices.getUserMedia({ audio });
      await microphone.#run(onBlock);
    } catch (error) {
      microphone.#release();
      throw reasonOf(error);
    }
    return microphone;
  }

  async #run(onBlock) {
    this.#context = new AudioContext();
    await this.#context.audioWorklet.addModule(new URL("pcm_worklet.js", import.meta.url));
    this.#node = new AudioWorkletNode(this.#context, "pcm", { numberOfOutputs: 0 });
    this.#ended = new Promise((resolve) => {
      this.#node.port.onmessage = ({ data }) => (data ? onBlock(data) : resolve());
    });
    this.#context.createMediaStreamSource(this.#stream).connect(this.#node);
    await this.#context.resume();
  }

  /** @param {() => void} listener called when the device is unplugged or taken away */
  onLost(listener) {
    this.#stream.getAudioTracks()[0].addEventListener("ended", listener);
  }

  /** End, after the last block was handed over. */
  async close() {
    this.#node.port.postMessage("end");
    await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, 500))]);
    this.#release();
  }

  #release() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#context?.close();
  }
}
