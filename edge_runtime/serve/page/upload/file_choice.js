/** How a recording comes: by the file dialog, or dropped anywhere on the page. */

/** @param {DragEvent} event @returns {boolean} whether files are dragged, not a text */
function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

/**
 * @param {{button: HTMLElement, input: HTMLInputElement, target: HTMLElement}} elements `target` shows that a file may
 *   be dropped
 * @param {{mayTake: () => boolean, onFiles: (files: File[]) => void}} choice `mayTake`: whether the page has time for it
 */
export function prepareFileChoice({ button, input, target }, { mayTake, onFiles }) {
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    if (files.length) onFiles(files);
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = mayTake() ? "copy" : "none";
    target.classList.toggle("over", mayTake());
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) target.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    target.classList.remove("over");
    if (mayTake()) onFiles([...event.dataTransfer.files]);
  });
}
