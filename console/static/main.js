// The page begins here: it listens to the stream, and gives what comes to its parts.

import { speak, lang, say, onLanguage } from "./words.js";
import { follow } from "./api.js";
import { Store } from "./store.js";
import { Ladder } from "./ladder.js";
import { openMessage, heard } from "./message.js";
import { filterLine } from "./filter.js";
import { look, toggleTheme, remember, recall } from "./look.js";
import { keys } from "./keys.js";
import { panel } from "./panel.js";

const can = document.documentElement.dataset;
const id = (name) => document.getElementById(name);
const store = new Store();
const parts = []; // what else listens: {now, rows, shown}
let source;
let line;
let numbers = {};
let linked = false;
let live = false; // what came before this page did has been sent

async function begin() {
  look();
  await speak(recall("language") ?? lang());
  const ladder = new Ladder(store, (row, open) => {
    if (open || panel.isOpen("message")) openMessage(row, open);
  });
  line = filterLine(listen);
  id("packets").addEventListener("change", () => listen(line.value));
  id("collapse").addEventListener("change", (e) => store.fold(e.target.checked));
  id("language").addEventListener("click", changeLanguage);
  onLanguage(count);
  const context = { store, ladder, line, show, again: () => listen(line.value) };
  for (const [name, wanted] of [["map", can.map], ["hold", can.hold], ["clock", can.clock], ["terminal", can.command], ["kernel", can.kernel], ["demo", can.demos]]) {
    if (wanted !== "true") continue;
    const part = await import(`./${name}.js`);
    parts.push({ name, ...part.begin(context) });
  }
  for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => show(tab.getAttribute("aria-controls")));
  arrows();
  keys([
    { key: "/", word: "key.filter", run: () => id("filter").focus() },
    { key: "g", word: "key.ladder", run: () => { show("ladder"); id("canvas").focus(); } },
    { key: "m", word: "key.map", can: () => can.map === "true", run: () => show("map") },
    { key: "c", word: "key.terminal", can: () => can.command === "true", run: () => show("terminal") },
    { key: "d", word: "key.demos", can: () => Boolean(id("demos")), run: () => show("demos") },
    { key: "Space →", word: "key.next", can: () => Boolean(id("demos")), run: () => {} }, // demo.js hears them
    { key: "h", word: "key.hold", can: holds, run: () => id(id("go").hidden ? "hold-all" : "go").click() },
    { key: "n", word: "key.step", can: holds, run: () => { if (!id("step").hidden) id("step").click(); } },
    { key: "l", word: "key.language", run: changeLanguage },
    { key: "t", word: "key.theme", run: toggleTheme },
    { key: "+", word: "larger", run: () => id("larger").click() },
    { key: "-", word: "smaller", run: () => id("smaller").click() },
  ]);
  listen("");
  document.documentElement.dataset.ready = "true";
}

// listen begins the stream anew, with a filter.
function listen(filter) {
  source?.close();
  store.clear();
  store.changed();
  const more = Object.assign({}, ...parts.map((p) => p.query?.()));
  source = follow({ filter, packets: id("packets").checked ? 1 : 0, ...more }, {
    hello: (h) => { live = false; if (!h.resumed) { store.clear(); store.changed(); } },
    rows: (rows) => {
      store.add(rows);
      heard(rows);
      if (live) parts.forEach((p) => p.rows?.(rows));
    },
    now: (n) => {
      numbers = n;
      live = true;
      count();
      parts.forEach((p) => p.now?.(n));
    },
    demo: (d) => parts.forEach((p) => p.demo?.(d)),
    stage: () => { parts.forEach((p) => p.stage?.()); anew(); },
    refused: () => setTimeout(anew, 3000), // by another world, to which the filter meant nothing
    connected: (is) => { linked = is; count(); },
  });
}

// anew listens without a filter.
function anew() {
  line.reset();
  listen("");
}

// count writes how many there are, and how many are not.
function count() {
  id("nothing").textContent = say("nothing", { Text: `${can.kernel === "true" ? "docker compose exec alice /wirebook" : "wirebook exec alice"} http get http://www.example.com/` });
  id("state").textContent = say(linked ? "live" : "gone");
  document.body.classList.toggle("unlinked", !linked);
  const lines = [say("count", { Number: store.shown.length })];
  const left = Math.max(numbers.forgotten ?? 0, store.dropped); // most are forgotten here and there
  if (numbers.missed) lines.push(say("missed", { Number: numbers.missed }));
  if (left) lines.push(say("old", { Number: left }));
  id("counts").textContent = lines.join(" · ");
}

async function changeLanguage() {
  const to = lang() === "en" ? "zh-CN" : "en";
  remember("language", to);
  await speak(to);
  id("language").lang = lang() === "en" ? "zh-CN" : "en";
}

// holds reports whether frames can be held by hand: not while a demo does.
const holds = () => id("hold-all")?.getClientRects().length > 0;

// show turns to another view.
function show(name) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const now = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", now);
    tab.tabIndex = now ? 0 : -1;
    id(tab.getAttribute("aria-controls")).hidden = !now;
  }
  parts.forEach((p) => p.shown?.(p.name === name || p.name === "demo" && name === "demos"));
}

// arrows moves between the tabs with the arrow keys, as tabs do.
function arrows() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  tabs.forEach((tab, i) => tab.addEventListener("keydown", (e) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!by) return;
    const to = tabs[(i + by + tabs.length) % tabs.length];
    to.click();
    to.focus();
  }));
}

begin();
