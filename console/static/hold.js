// Hold and step: frames wait here until somebody lets them go.

import { el, say, onLanguage } from "./words.js";
import { get, post } from "./api.js";
import { fault } from "./fault.js";
import { panel } from "./panel.js";
import { inspect, bytesOf } from "./tree.js";

const id = (name) => document.getElementById(name);
let shown = 0; // the frame that is looked at
let drawn = "";
const narrow = matchMedia("(max-width: 700px)"); // eight bytes a line there, else sixteen

export function begin({ line }) {
  const changes = Boolean(id("hold-all"));
  let last = { hold: {}, held: [] };
  if (changes) {
    const start = (filter) => post("hold", { do: "begin", filter, pace: Number(id("pace").value) }).catch(fault);
    let filter = "";
    id("hold-all").addEventListener("click", () => start((filter = "")));
    id("hold-some").addEventListener("click", () => start((filter = line.value)));
    id("pace").addEventListener("change", () => { if (last.hold.holding) start(filter); });
    id("step").addEventListener("click", () => post("hold", { do: "step", count: 1 }).catch(fault));
    id("go").addEventListener("click", () => post("hold", { do: "end" }).catch(fault));
  }
  const draw = (n) => {
    last = { hold: n.hold ?? {}, held: n.held ?? [] };
    const { hold, held } = last;
    document.body.classList.toggle("holding", Boolean(hold.holding));
    if (changes) {
      id("step").hidden = !hold.holding || hold.pace > 0;
      id("go").hidden = !hold.holding;
      id("step").disabled = !hold.waiting;
    }
    id("hold-state").textContent = state(hold);
    const now = JSON.stringify([document.documentElement.lang, held, hold.waiting]);
    if (now === drawn) return; // who has the focus keeps it
    drawn = now;
    const focused = document.activeElement?.dataset?.held;
    id("held").replaceChildren(...held.map((f) => item(f)));
    const more = (hold.waiting ?? 0) + (hold.delayed ?? 0) - held.length;
    if (more > 0) id("held").append(el("li", {}, say("hold.more", { Number: more })));
    if (focused) id("held").querySelector(`[data-held="${focused}"]`)?.focus();
    if (shown && panel.isOpen("held") && !held.some((f) => f.id === shown)) panel.close();
  };
  onLanguage(() => draw(last));
  return { now: draw };
}

function state(hold) {
  if (!hold.holding && !hold.delayed) return say("hold.none");
  const all = [];
  if (hold.holding) all.push(say("hold.waits", { Number: hold.waiting }));
  if (hold.frozen) all.push(say("hold.stands"));
  if (hold.delayed) all.push(say("hold.delayed", { Number: hold.delayed }));
  if (hold.overrun) all.push(say("hold.overrun", { Number: hold.overrun }));
  return all.join(" ");
}

function item(f) {
  const marks = [f.edited && say("hold.edited"), f.until && say("hold.until")].filter(Boolean).join(", ");
  return el("li", {}, el("button", { "data-held": f.id, title: `${f.protocol} ${f.line}`, onclick: () => look(f) },
    el("b", {}, `${f.from} → ${f.to}`), ` ${f.protocol} ${f.line}`, marks ? ` (${marks})` : ""));
}

// look opens a frame that waits, and what can be done with it.
async function look(f) {
  const m = await get(`held/${f.id}`).catch(fault);
  if (!m) return;
  shown = f.id;
  const act = (what, more = {}) => async () => {
    try {
      await post(`held/${f.id}`, { do: what, ...more });
      if (what === "edit") look(f);
    } catch (e) {
      fault(e);
    }
  };
  const parts = [el("p", { class: "summary" }, m.summary)];
  if (id("hold-all")) parts.push(actions(act), editor(bytesOf(m.views[0].bytes), act));
  parts.push(inspect(m.views[0]));
  panel.show(`${f.from} → ${f.to} · ${m.protocol}`, parts, true, "held", () => { shown = 0; });
}

function actions(act) {
  const seconds = el("input", { type: "number", value: "1", min: "0.001", step: "any", "aria-label": say("hold.seconds") });
  return el("div", { class: "buttons", id: "held-actions" },
    el("button", { class: "strong", onclick: act("release") }, say("hold.release")),
    el("button", { onclick: act("drop") }, say("hold.drop")),
    el("button", { onclick: act("duplicate") }, say("hold.duplicate")),
    el("button", { onclick: () => act("delay", { delay: Number(seconds.value) })() }, say("hold.delay")),
    seconds, say("hold.seconds"));
}

// editor changes a frame's bytes, written in hexadecimal.
function editor(bytes, act) {
  const text = el("textarea", { rows: 5, spellcheck: "false", "aria-label": say("hold.bytes") });
  text.value = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ").replace(narrow.matches ? /(.{23}) /g : /(.{47}) /g, "$1\n");
  const mend = el("input", { type: "checkbox", checked: true });
  const save = () => {
    const digits = text.value.replace(/\s+/g, "");
    if (!/^([0-9a-f]{2})+$/i.test(digits)) {
      fault(new Error(say("hold.hex")));
      return;
    }
    const data = btoa(String.fromCharCode(...digits.match(/../g).map((d) => parseInt(d, 16))));
    act("edit", { data, mend: mend.checked })();
  };
  return el("details", { class: "editor" }, el("summary", {}, say("hold.edit")), text,
    el("div", { class: "buttons" }, el("label", { class: "check" }, mend, say("hold.mend")), el("button", { onclick: save }, say("hold.save"))));
}
