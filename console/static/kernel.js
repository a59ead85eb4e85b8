// What the network of a kernel cannot do is here, grey, with a sentence that says why.

import { el, say, onLanguage } from "./words.js";

const id = (name) => document.getElementById(name);

export function begin() {
  const draw = () => {
    document.querySelectorAll(".cannot").forEach((e) => e.remove());
    tab();
    clock();
    hold();
  };
  draw();
  onLanguage(draw);
  return {};
}

// sentence has a line that can be opened: bars are narrow.
function sentence(key) {
  return el("details", { class: "why" }, el("summary", {}, say("cannot")), el("p", {}, say(key, { Text: "docker compose exec alice /wirebook dns www.example.com" })));
}

const grey = (key) => el("button", { disabled: true }, say(key));

function tab() {
  document.querySelector("nav[role=tablist]").after(
    el("div", { class: "cannot", id: "no-terminal", role: "group", "aria-label": say("terminal") }, grey("terminal"), sentence("cannot.terminal")));
}

function clock() {
  id("look").before(
    el("div", { class: "cannot", id: "no-clock", role: "group", "aria-label": say("clock") },
      grey("clock.minute"), grey("clock.hour"), grey("clock.next"), sentence("cannot.clock")));
}

function hold() {
  id("bar").after(
    el("section", { class: "cannot", id: "no-hold", "aria-label": say("hold") },
      grey("hold.all"), grey("hold.some"), grey("hold.step"), sentence("cannot.hold")));
}
