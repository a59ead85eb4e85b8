// A demo on the page: what the instructor would say, the question before each step,
// and the buttons that go on. Who looks on sees the same, at the same step.

import { el, say, lang, onLanguage } from "./words.js";
import { post } from "./api.js";
import { fault } from "./fault.js";
import { panel } from "./panel.js";
import { lines } from "./narration.js";
import { playbill } from "./playbill.js";
import { recall, remember } from "./look.js";

const id = (name) => document.getElementById(name);
const can = document.documentElement.dataset.change === "true";
const box = id("demo");
const PAUSES = [2, 5, 10, 20]; // seconds
const words = { go: "demo.go", answer: "demo.answer", next: "demo.next" };
let now = { on: false, world: id("world").textContent };
let drawn = "";
let everything = false; // also what the demo does not speak of

export function begin({ ladder, store, show, again }) {
  const parts = frame(() => { everything = !everything; again(); });
  const list = can ? playbill((name) => act({ do: "start", name })) : { draw() {} };
  const draw = () => {
    document.body.classList.toggle("playing", now.on);
    document.body.classList.toggle("performing", now.on && !now.over);
    box.hidden = !now.on;
    id("world").textContent = now.world;
    list.draw(now);
    if (now.on) narrate(parts);
  };
  const told = (news) => {
    const begun = news.on && !now.on;
    const moved = news.step !== now.step || news.pause !== now.pause;
    now = news;
    draw();
    store.prefer(now.on ? now.hosts ?? [] : []);
    ladder.follow(now.on ? now.step : undefined, moved);
    if (begun) {
      show("ladder");
      box.focus();
    }
  };
  onLanguage(() => {
    drawn = "";
    draw();
    if (can && now.auto) playByItself(now.auto / 1e6); // what clients print is in the new language, too
  });
  document.addEventListener("keydown", key, true);
  return {
    query: () => ({ demo: everything ? 0 : 1 }),
    demo: told,
    stage() { // another world is shown: what was chosen is not in it
      now = { on: false, world: now.world };
      everything = false;
      parts.everything.checked = false;
      drawn = "";
      panel.close();
      show("ladder");
    },
    shown(is) { if (is) list.ask(); },
  };
}

const act = (what) => post("demo", what).catch(fault);
const playByItself = (pause) => act({ do: "auto", pause }); // milliseconds; 0: no more

// next goes on, if the demo waits for it.
function next() {
  if (!now.pause) return;
  if (getComputedStyle(box).display === "none") panel.close(); // what was chosen hides it
  act({ do: "next", cue: now.cue });
}

// key goes on with Space and →, wherever one is, but where these keys have a meaning.
function key(e) {
  if (!can || !now.on || (e.key !== " " && e.key !== "ArrowRight")) return;
  if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || id("keys").open) return;
  if (e.target.closest("input, textarea, select, a, summary, .tree, .node, .cable")) return;
  if (e.target.closest("button") && (e.key === " " || e.target.matches("[role=tab]"))) return;
  e.preventDefault();
  e.stopPropagation();
  if (!e.repeat) next();
}

// frame makes what stays while steps come and go.
function frame(toggle) {
  const title = el("h2", {});
  const step = el("p", { class: "where", id: "demo-step" });
  const inside = el("div", { class: "inside", id: "narration", role: "log", tabindex: 0 });
  new ResizeObserver(() => end(inside)).observe(inside);
  const check = el("input", { type: "checkbox", id: "demo-everything", onchange: toggle });
  const all = el("span", {});
  const parts = { title, step, inside, everything: check, all, bar: null };
  box.replaceChildren(el("div", { class: "top" }, title), step, inside);
  if (can) box.append((parts.bar = buttons()).bar);
  box.append(el("label", { class: "check" }, check, all));
  return parts;
}

// end has the newest line in sight.
function end(inside) {
  inside.scrollTop = inside.scrollHeight;
}

function buttons() {
  const go = el("button", { class: "strong", id: "demo-next", onclick: next });
  const auto = el("button", { id: "demo-auto", onclick: () => playByItself(now.auto ? 0 : Number(pace.value) * 1000) });
  const pace = el("select", { id: "demo-pace" }, ...PAUSES.map((s) => el("option", { value: s }, `${s} s`)));
  pace.value = recall("pace") ?? "5";
  pace.addEventListener("change", () => {
    remember("pace", pace.value);
    if (now.auto) playByItself(Number(pace.value) * 1000);
  });
  const again = el("button", { id: "demo-again", onclick: () => act({ do: "restart" }) });
  const stop = el("button", { id: "demo-stop", onclick: () => act({ do: "stop" }) });
  return { go, auto, pace, again, stop, bar: el("div", { class: "buttons", id: "demo-buttons" }, go, auto, pace, again, stop) };
}

// narrate shows the step as it is.
function narrate(parts) {
  const state = JSON.stringify([lang(), now]);
  if (state === drawn) return;
  drawn = state;
  box.setAttribute("aria-label", say("demo"));
  parts.inside.setAttribute("aria-label", say("demo.narration"));
  parts.all.textContent = say("demo.everything");
  parts.title.textContent = now.demo.title[lang()];
  parts.step.textContent = now.step ? say("demo.step", { Number: now.step, All: now.steps }) : say("demo.preparing");
  parts.inside.replaceChildren(...lines(now, () => end(parts.inside)));
  end(parts.inside);
  if (parts.bar) label(parts.bar);
}

function label({ go, auto, pace, again, stop }) {
  go.hidden = now.over;
  go.dataset.cue = now.cue;
  go.textContent = say(words[now.pause] ?? "demo.busy");
  go.setAttribute("aria-disabled", String(!now.pause));
  auto.hidden = pace.hidden = now.over;
  auto.textContent = say(now.auto ? "demo.pause" : "demo.auto");
  auto.setAttribute("aria-pressed", String(Boolean(now.auto)));
  pace.setAttribute("aria-label", say("demo.pace"));
  again.textContent = say("demo.again");
  stop.textContent = say(now.over ? "demo.leave" : "demo.stop");
}
