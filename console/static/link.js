// A cable, opened: how bad it is, and how bad it shall be.

import { el, say, onLanguage } from "./words.js";
import { post } from "./api.js";
import { panel } from "./panel.js";
import { fault } from "./fault.js";

const can = document.documentElement.dataset;
let shown = null;

const RATES = [[0, null], [56e3, "56 kbit/s"], [1e6, "1 Mbit/s"], [10e6, "10 Mbit/s"], [100e6, "100 Mbit/s"]];

// openLink shows a cable. The context is the page's, with how the map finds a cable and
// how it is drawn anew.
export function openLink(name, context, focus = true) {
  const link = context.cable(name);
  if (!link) return;
  shown = { name, context };
  const parts = [el("p", {}, `${link.from} ↔ ${link.to}`)];
  if (can.break === "true") parts.push(plug(link), ...sliders(link));
  const words = [...new Set((link.words ?? []).filter(Boolean))];
  parts.push(el("p", { class: "where" }, `${say("faults")} `, el("code", { id: "faults" }, words.length ? `--fault ${link.name}:${words.join(" / ")}` : "—")));
  parts.push(el("div", { class: "buttons" }, el("button", { onclick: () => { context.line.set("lost"); context.show("ladder"); } }, say("onlylink"))));
  panel.show(say("link", { Link: link.name }) + (link.plugged ? "" : ` · ${say("unplugged")}`), parts, focus, "link", () => { shown = null; });
}

onLanguage(() => { if (shown && panel.isOpen("link")) openLink(shown.name, shown.context, false); });

async function change(link, body) {
  await post(`links/${encodeURIComponent(link.name)}`, body).catch(fault);
  await shown?.context.refresh();
}

function plug(link) {
  const again = async () => {
    await change(link, { plugged: !link.plugged });
    if (shown?.name !== link.name) return;
    openLink(link.name, shown.context, false);
    document.getElementById("plug")?.focus();
  };
  return el("button", { id: "plug", class: link.plugged ? "" : "strong", onclick: again }, say(link.plugged ? "unplug" : "plug"));
}

// sliders have one value each; all together are sent when one is moved.
function sliders(link) {
  const now = { ...link.out };
  const sliding = ["loss", "delay", "reorder", "corrupt", "rate"];
  const others = (link.words?.[0] ?? "").split(",").filter((word) => word && !sliding.includes(word.split("=")[0])); // they stay
  const send = async () => {
    const words = [...others];
    if (now.loss) words.push(`loss=${now.loss}`);
    if (now.delay) words.push(`delay=${Math.round(now.delay / 1e6)}ms`);
    if (now.reorder) words.push(`reorder=${now.reorder}`);
    if (now.corrupt) words.push(`corrupt=${now.corrupt}`);
    if (now.rate) words.push(`rate=${now.rate}`);
    await change(link, { faults: words.join(",") });
    const code = document.getElementById("faults");
    if (code && shown?.name === link.name) code.textContent = words.length ? `--fault ${link.name}:${words.join(",")}` : "—";
  };
  const slide = (key, max, step, get, set, text) => {
    const input = el("input", { type: "range", id: `slide-${key}`, min: 0, max, step, disabled: key !== "loss" && can.faults === "false" });
    input.value = get();
    const shows = el("output", { for: `slide-${key}` }, text(Number(input.value)));
    input.addEventListener("input", () => { shows.textContent = text(Number(input.value)); });
    input.addEventListener("change", () => { set(Number(input.value)); send(); });
    return el("div", { class: "slider" }, el("label", { for: `slide-${key}` }, say(key)), input, shows);
  };
  const percent = (key) => slide(key, 100, 1, () => Math.round((now[key] ?? 0) * 100), (v) => { now[key] = v / 100; }, (v) => `${v} %`);
  const rate = el("select", { id: "slide-rate", disabled: can.faults === "false" }, ...RATES.map(([value, name]) => el("option", { value }, name ?? say("unlimited"))));
  rate.value = String(RATES.find(([v]) => v === (now.rate ?? 0))?.[0] ?? 0);
  rate.addEventListener("change", () => { now.rate = Number(rate.value); send(); });
  const perfect = async () => {
    await change(link, { faults: "" });
    if (shown?.name === link.name) openLink(link.name, shown.context, false);
  };
  return [
    can.faults === "false" ? el("p", { class: "where" }, say("cannot.faults")) : null,
    percent("loss"),
    slide("delay", 2000, 10, () => Math.round((now.delay ?? 0) / 1e6), (v) => { now.delay = v * 1e6; }, (v) => `${v} ms`),
    percent("reorder"), percent("corrupt"),
    el("div", { class: "slider" }, el("label", { for: "slide-rate" }, say("rate")), rate),
    el("button", { id: "perfect", onclick: perfect }, say("perfect")),
  ];
}
