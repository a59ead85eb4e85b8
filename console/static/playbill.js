// The list of demos, from which one is chosen.

import { el, say, lang } from "./words.js";
import { get } from "./api.js";
import { fault } from "./fault.js";

const section = document.getElementById("demos");

// playbill shows the list; start is called with the name of the chosen one.
export function playbill(start) {
  let all = null;
  let now = { on: false };
  const draw = (state = now) => {
    now = state;
    if (!all) return;
    const playing = now.on && !now.over;
    section.replaceChildren(
      el("p", { class: "where" }, playing ? say("demo.stopfirst", { Text: now.demo.title[lang()] }) : say("demo.hint")),
      el("ol", { class: "playbill" }, ...all.map((d) => item(d, playing, start))));
  };
  const ask = async () => {
    all ??= await get("demos").catch((e) => { fault(e); return null; });
    draw();
  };
  return { draw, ask };
}

function item(d, playing, start) {
  const title = d.title[lang()];
  const button = el("button", { class: "strong", "data-demo": d.name, disabled: playing, "aria-label": say("demo.startone", { Text: title }) }, say("demo.start"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    await start(d.name);
    button.disabled = false;
  });
  return el("li", {}, button, el("div", {}, el("h2", {}, d.number ? `${d.number}. ${title}` : title),
    el("p", {}, d.summary[lang()]),
    el("p", { class: "where" }, d.book ? say("book", { Text: d.book }) : "", el("code", {}, `wirebook demo ${d.name}`))));
}
