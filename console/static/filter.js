// The line above the ladder, which chooses messages.

import { get } from "./api.js";
import { onLanguage, say } from "./words.js";

// filterLine calls changed with each filter that makes sense, and says of the others
// why they make none.
export function filterLine(changed) {
  const input = document.getElementById("filter");
  const mistake = document.getElementById("mistake");
  const capture = document.getElementById("capture");
  let last = null;
  let timer;
  const check = async () => {
    const line = input.value.trim();
    const wrong = await get("filter", { filter: line }).catch((e) => ({ text: e.message, at: 0, length: 0 }));
    if (line !== input.value.trim()) return; // it is being typed on
    mistake.hidden = !wrong.text;
    input.setAttribute("aria-invalid", String(Boolean(wrong.text)));
    if (wrong.text) {
      const at = line.slice(wrong.at, wrong.at + wrong.length);
      mistake.textContent = at ? `${say("at", { Text: at })} ${wrong.text}` : wrong.text;
      return;
    }
    capture.href = `/api/capture.pcapng?${new URLSearchParams({ filter: line })}`;
    if (line !== last) changed(last = line);
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 250); });
  document.getElementById("bar").addEventListener("submit", (e) => { e.preventDefault(); clearTimeout(timer); check(); });
  onLanguage(() => { if (!mistake.hidden) check(); });
  return {
    reset() {
      clearTimeout(timer);
      input.value = last = "";
      mistake.hidden = true;
      input.setAttribute("aria-invalid", "false");
      capture.href = "/api/capture.pcapng";
    },
    set(line) { input.value = line; check(); },
    get value() { return input.value.trim(); },
  };
}
