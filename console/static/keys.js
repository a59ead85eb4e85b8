// The keyboard: one letter for what is done often. ? lists them.

import { el, say } from "./words.js";
import { panel } from "./panel.js";

const dialog = document.getElementById("keys");

// can reports whether an action can be done at the moment.
const can = (action) => action.can?.() ?? true;

// keys has an action called by its key, unless somebody types a text.
export function keys(actions) {
  document.getElementById("help").addEventListener("click", () => help(actions));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && !dialog.open) {
      if (e.target.matches("input, textarea")) e.target.blur();
      else panel.close();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || dialog.open || e.target.matches("input:not([type=checkbox]):not([type=range]), select, textarea")) return;
    const action = e.key === "?" ? { run: () => help(actions) } : actions.find((a) => a.key === e.key && can(a));
    if (!action) return;
    e.preventDefault();
    action.run();
  });
}

function help(actions) {
  const list = el("dl");
  const line = (key, word) => list.append(el("dt", {}, el("kbd", {}, key)), el("dd", {}, say(word)));
  line("↑ ↓", "key.move");
  line("Enter", "key.open");
  line("Esc", "key.close");
  for (const a of actions) if (can(a)) line(a.key, a.word);
  dialog.replaceChildren(el("h2", {}, say("help")), list,
    el("form", { method: "dialog" }, el("button", { autofocus: true }, say("close"))));
  dialog.showModal();
}
