/** Plays the recording, and says where it is. */

import { onInterfaceLanguage, say, writeLabel } from "../settings/interface_language.js";
import { clock } from "./clock.js";

const SPEEDS = [1, 1.25, 1.5, 2, 0.75];
const ARROW_S = 5;

export class Player {
  #audio;
  #elements;
  #onTime;
  #address = "";
  #speed = 0;

  /**
   * @param {ParentNode} root of the page
   * @param {(seconds: number, isPlaying: boolean) => void} onTime called while it plays, and after each jump
   */
  constructor(root, onTime) {
    const names = ["play", "played", "seek", "length", "speed", "unplayable"];
    this.#elements = Object.fromEntries(names.map((name) => [name, root.querySelector(`#${name}`)]));
    this.#audio = root.querySelector("#audio");
    this.#onTime = onTime;
    this.#follow();
    this.#obey();
  }

  /** @param {Blob} recording @param {number} duration in seconds, as the server measured it */
  open(recording, duration) {
    this.close();
    this.#address = URL.createObjectURL(recording);
    this.#audio.src = this.#address;
    this.#elements.seek.max = duration;
    this.#elements.length.textContent = clock(duration);
    this.#show();
  }

  close() {
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
    this.#setPlayable(true);
  }

  /** @param {number} seconds to go on from */
  playFrom(seconds) {
    this.#audio.currentTime = seconds;
    this.#audio.play().catch(() => {});
  }

  pause() {
    this.#audio.pause();
  }

  toggle() {
    if (this.#audio.paused) this.#audio.play().catch(() => {});
    else this.#audio.pause();
  }

  #obey() {
    const { play, seek, speed } = this.#elements;
    play.addEventListener("click", () => this.toggle());
    seek.addEventListener("input", () => {
      this.#audio.currentTime = Number(seek.value);
    });
    seek.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -ARROW_S, ArrowDown: -ARROW_S, ArrowRight: ARROW_S, ArrowUp: ARROW_S }[event.key];
      if (!step) return;
      event.preventDefault();
      this.#audio.currentTime = Math.max(0, this.#audio.currentTime + step);
    });
    speed.addEventListener("click", () => {
      this.#speed = (this.#speed + 1) % SPEEDS.length;
      this.#audio.playbackRate = SPEEDS[this.#speed];
      this.#show();
    });
    onInterfaceLanguage(() => this.#show());
  }

  #follow() {
    const tick = () => {
      this.#show();
      if (!this.#audio.paused) requestAnimationFrame(tick);
    };
    ["play", "pause", "seeked", "ended"].forEach((name) => this.#audio.addEventListener(name, tick));
    this.#audio.addEventListener("loadedmetadata", () => {
      this.#audio.playbackRate = SPEEDS[this.#speed];
    });
    this.#audio.addEventListener("error", () => this.#address && this.#setPlayable(false));
  }

  #setPlayable(isPlayable) {
    const { unplayable, ...controls } = this.#elements;
    unplayable.hidden = isPlayable;
    Object.values(controls).forEach((control) => {
      control.hidden = !isPlayable;
    });
  }

  #show() {
    const { play, played, seek, length, speed } = this.#elements;
    const isPlaying = !this.#audio.paused;
    const time = this.#audio.currentTime;
    play.querySelector("use").setAttribute("href", isPlaying ? "#icon-pause" : "#icon-play");
    writeLabel(play, isPlaying ? "pause" : "play");
    played.textContent = clock(time);
    seek.value = time;
    seek.style.setProperty("--share", time / (Number(seek.max) || 1));
    seek.setAttribute("aria-valuetext", say("position", { time: clock(time), length: length.textContent }));
    speed.textContent = `${SPEEDS[this.#speed]}×`;
    writeLabel(speed, "speed", { speed: speed.textContent });
    this.#onTime(time, isPlaying);
  }
}
