// What is open beside the ladder or the map.

import { el, say } from "./words.js";

const aside = document.getElementById("detail");
let closed = () => {};
let kind = "";
let before = null; // what had the focus

export const panel = {
  // show opens the panel with a title and what is in it.
  show(title, parts, focus, of = "message", onclose = () => {}) {
    if (aside.hidden) before = document.activeElement;
    if (kind && kind !== of) closed();
    kind = of;
    closed = onclose;
    const top = el("div", { class: "top" }, el("h2", {}, title),
      el("button", { class: "close", "aria-label": say("close"), title: say("close"), onclick: () => panel.close() }, "×"));
    const scrolled = aside.querySelector(".inside")?.scrollTop ?? 0;
    const inside = el("div", { class: "inside" }, ...parts.filter(Boolean));
    aside.replaceChildren(top, inside);
    if (!focus && of === "host") inside.scrollTop = scrolled;
    aside.hidden = false;
    document.body.classList.add("detailed");
    if (focus) aside.focus();
  },
  close() {
    if (aside.hidden) return;
    aside.hidden = true;
    document.body.classList.remove("detailed");
    kind = "";
    closed();
    closed = () => {};
    if (before?.isConnected) before.focus();
  },
  isOpen: (of) => !aside.hidden && kind === of,
  element: aside,
};
