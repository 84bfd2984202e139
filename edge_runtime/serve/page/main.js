/** The page: from a recording or the microphone to a transcript. */

import { captionLive } from "./live/live_captions.js";
import { onInterfaceLanguage, say, write } from "./settings/interface_language.js";
import { preparePreferences } from "./settings/preferences.js";
import { serverInfo, setServerKey } from "./settings/server.js";
import { CODES, languageCode, offerLanguages } from "./settings/spoken_language.js";
import { Result } from "./transcript/result.js";
import { fromVerboseJson } from "./transcript/transcript.js";
import { prepareFileChoice } from "./upload/file_choice.js";
import { upload } from "./upload/upload.js";
import { hideProblem, prepareProblem, showProblem, showView, shownView } from "./views.js";

const element = (id) => document.getElementById(id);

/** @type {import("./settings/server.js").Info|null} null until the server said it */
let info = null;
let result;

const options = () => ({
  language: element("language").value,
  context: element("context").value.trim(),
  wordTimes: Boolean(info?.aligner),
});
const codes = () => info?.languages?.map(({ name, code }) => code ?? languageCode(name)) ?? CODES;

/** Ask the server what it is, and for its key where it wants one. */
async function meetServer() {
  try {
    info = await serverInfo();
  } catch (error) {
    if (error.status !== 401) {
      showProblem("noModel", error, meetServer);
      return;
    }
    setServerKey(await askKey());
    await meetServer();
    return;
  }
  offerLanguages(element("language"), codes());
  write(element("model"), "model", { model: info.model });
}

/** @returns {Promise<string>} the key that the user gives */
function askKey() {
  const dialog = element("key");
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(element("key-value").value), { once: true });
  });
}

/** @param {File[]} files */
async function takeFiles(files) {
  hideProblem();
  const [file] = files;
  if (files.length > 1) return showProblem("oneFileTitle", say("oneFile"));
  const size = file.size / 2 ** 20;
  if (info && size > info.max_body_mb) {
    const sizes = { size: Math.ceil(size), limit: info.max_body_mb };
    return showProblem("failed", say("tooLarge", sizes));
  }
  return transcribeFile(file);
}

async function transcribeFile(file) {
  const order = { file, name: file.name, model: info?.model ?? "", ...options() };
  try {
    const answer = await upload(order);
    if (answer) result.show(fromVerboseJson(answer, file.name), file);
    else showView("start");
  } catch (error) {
    showView("start");
    showProblem("failed", error, () => transcribeFile(file));
  }
}

async function listen() {
  hideProblem();
  const time = new Date().toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  try {
    const { transcript, recording, message } = await captionLive(options(), say("liveName", { time }));
    if (message && !transcript.segments.length) throw new Error(message);
    result.show(transcript, recording);
    if (message) showProblem("liveFailed", message);
  } catch (error) {
    showView("start");
    showProblem("noCaptions", error, listen);
  }
}

function startAnew() {
  if (result.isUnsaved && !confirm(say("leave"))) return;
  hideProblem();
  result.clear();
  showView("start");
}

function prepare() {
  preparePreferences();
  prepareProblem();
  result = new Result();
  offerLanguages(element("language"));
  onInterfaceLanguage(() => offerLanguages(element("language"), codes()));
  prepareFileChoice(
    { button: element("choose"), input: element("file"), target: element("drop") },
    { mayTake: () => shownView() === "start", onFiles: takeFiles },
  );
  element("listen").addEventListener("click", listen);
  element("again").addEventListener("click", startAnew);
  addEventListener("beforeunload", (event) => {
    if (result.isUnsaved || ["live", "working"].includes(shownView())) event.preventDefault();
  });
  return meetServer();
}

prepare();
