/** A segment as a field: Enter or leaving it keeps the text, Esc takes it back. */

/**
 * @param {HTMLElement} place hidden meanwhile
 * @param {string} text
 * @param {string} label for screen readers
 * @param {(text: string, byKey: boolean) => void} onEnd called once; `byKey`: the focus is free
 */
export function editSegment(place, text, label, onEnd) {
  const field = document.createElement("textarea");
  Object.assign(field, { value: text, rows: 1, className: "words", ariaLabel: label });
  const fit = () => {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
  };
  const end = (kept, byKey) => {
    field.removeEventListener("blur", keep);
    field.remove();
    place.hidden = false;
    onEnd(kept, byKey);
  };
  const keep = () => end(field.value, false);
  field.addEventListener("blur", keep);
  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (!["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    end(event.key === "Enter" ? field.value : text, true);
  });
  place.hidden = true;
  place.after(field);
  fit();
  field.focus();
}
