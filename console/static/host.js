// A host, opened: its tables, and what its servers hold, as they change.

import { el, say, onLanguage } from "./words.js";
import { get, post } from "./api.js";
import { panel } from "./panel.js";
import { fault } from "./fault.js";
import { tables } from "./tables.js";

const EVERY = 700; // milliseconds
const can = document.documentElement.dataset;
let shown = null; // {name, context}
let drawn = "";

export function openHost(name, context) {
  shown = { name, context };
  drawn = "";
  look(true);
}

setInterval(() => { if (shown && !document.hidden && panel.isOpen("host")) look(false); }, EVERY);
onLanguage(() => { drawn = ""; if (shown && panel.isOpen("host")) look(false); });

async function look(focus) {
  const { name, context } = shown;
  let p;
  try {
    p = await get(`hosts/${encodeURIComponent(name)}`);
  } catch (e) {
    if (focus) fault(e);
    return;
  }
  if (shown?.name !== name) return; // another was opened meanwhile
  const text = JSON.stringify({ ...p, now: null });
  if (text === drawn && !focus && !timed(p)) return;
  drawn = text;
  const inside = panel.element;
  const at = inside.contains(document.activeElement) ? document.activeElement.dataset.k : null;
  const open = new Set([...inside.querySelectorAll("details[open]")].map((d) => d.dataset.k));
  panel.show(`${p.host} · ${p.fqdn ?? p.kind}`, parts(p, context), focus, "host", () => { shown = null; });
  inside.querySelectorAll("details").forEach((d) => { if (open.has(d.dataset.k)) d.open = true; });
  if (at) inside.querySelector(`[data-k="${CSS.escape(at)}"]`)?.focus();
}

// timed reports whether something counts down.
const timed = (p) => p.address || p.leases || p.nat?.mappings;

function parts(p, context) {
  const only = () => {
    context.line.set(`host ${p.host}`);
    context.show("ladder");
  };
  return [
    p.addresses ? el("p", { class: "where" }, p.addresses.join(" · ")) : null,
    p.kind === "switch" ? null : el("div", { class: "buttons" }, el("button", { "data-k": "only", onclick: only }, say("only"))),
    ...(p.servers ?? []).map((v) => server(p.host, v)),
    p.nat ? nat(p) : null,
    p.cannot ? el("p", { class: "where" }, p.cannot) : null,
    ...tables(p),
  ];
}

function server(host, v) {
  const act = (what) => async () => {
    await post(`servers/${encodeURIComponent(host)}/${encodeURIComponent(v.server)}`, { do: what }).catch(fault);
    drawn = "";
    look(false);
  };
  const running = v.state === "running";
  const bar = el("div", { class: "buttons" });
  if (can.break === "true") {
    for (const what of running ? ["kill", "stop"] : ["start"]) {
      bar.append(el("button", { "data-k": `${what} ${v.server}`, onclick: act(what) }, say(what)));
    }
  }
  const log = el("details", { "data-k": `log ${v.server}` }, el("summary", {}, say("log")),
    el("pre", {}, (v.log ?? []).map((l) => `${l.time.slice(11, 19)} ${l.level} ${l.text}`).join("\n")));
  return el("section", { class: `server-panel ${running ? "" : "down"}` },
    el("h3", {}, `${v.server} · ${say(`state.${v.state}`)}`),
    el("p", { class: "where" }, [v.ports, `${say("connections")} ${v.connections}`, `${say("restarts")} ${v.restarts}`, v.error].filter(Boolean).join(" · ")),
    bar, v.log?.length ? log : null);
}

function nat(p) {
  const box = (key, on, word) => {
    const input = el("input", { type: "checkbox", "data-k": key, disabled: can.break !== "true" });
    input.checked = on;
    input.addEventListener("change", async () => {
      await post(`nat/${encodeURIComponent(p.host)}`, { [key]: input.checked }).catch(fault);
      drawn = "";
      look(false);
    });
    return el("label", { class: "check" }, input, say(word));
  };
  return el("section", {}, el("h3", {}, say("nat")), el("div", { class: "buttons" }, box("on", p.nat.on, "nat.on"), box("helper", p.nat.helper, "nat.helper")));
}
