// Fields and bytes, side by side: whoever points at one sees the other.

import { el, say } from "./words.js";
import { get } from "./api.js";

const explained = new Map(); // language and key -> promise

// explain is what the book says of a key.
export function explain(key) {
  const at = `${document.documentElement.lang} ${key}`;
  if (!explained.has(at)) explained.set(at, get("explain", { key }));
  return explained.get(at);
}

export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

const PER_LINE = 16;

// inspect shows one view of a message.
export function inspect(view) {
  const bytes = bytesOf(view.bytes ?? "");
  const tree = el("div", { class: "tree", role: "tree", "data-label": "fields", "aria-label": say("fields") });
  const dump = el("div", { class: "bytes", role: "group", "data-label": "bytes", "aria-label": say("bytes") });
  const words = el("div", { class: "words", role: "status" });
  const cells = [];
  const owner = []; // of each byte: the innermost field's element

  const show = (item) => {
    tree.querySelectorAll(".now").forEach((e) => e.classList.remove("now"));
    cells.forEach((c) => c.classList.remove("now"));
    if (!item) return;
    item.classList.add("now");
    const { offset, length } = item.field;
    for (let i = offset; i < offset + Math.max(length, item.field.bits ? 1 : 0); i++) cells[i]?.classList.add("now");
    tell(words, item.field);
  };
  const choose = (item) => {
    tree.querySelectorAll("[tabindex='0']").forEach((e) => (e.tabIndex = -1));
    item.tabIndex = 0;
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  };

  const build = (fields, depth, parent) => {
    for (const field of fields ?? []) {
      const item = el("div", {
        class: "field", role: "treeitem", tabindex: -1, "aria-level": depth + 1,
        "aria-expanded": field.children ? String(depth > 0 || fields === view.fields) : null,
      }, el("b", {}, field.name), field.value ? ` ${field.value}` : "");
      item.classList.add(`depth${Math.min(depth, 6)}`);
      item.field = field;
      item.above = parent;
      tree.append(item);
      for (let i = field.offset; i < field.offset + field.length; i++) owner[i] = item;
      item.addEventListener("mouseenter", () => show(item));
      item.addEventListener("focus", () => { show(item); reveal(cells[field.offset]); });
      item.addEventListener("click", () => { fold(item); choose(item); });
      build(field.children, depth + 1, item);
    }
  };
  const items = () => [...tree.children].filter((i) => !i.hidden);
  const fold = (item, open) => {
    const now = item.getAttribute("aria-expanded");
    if (now === null) return;
    const to = open ?? now !== "true";
    item.setAttribute("aria-expanded", String(to));
    for (const other of tree.children) {
      let hidden = false;
      for (let a = other.above; a; a = a.above) hidden ||= a.getAttribute("aria-expanded") === "false";
      other.hidden = hidden;
    }
  };
  build(view.fields, 0, null);
  const layers = [...tree.children].filter((i) => !i.above);
  layers.slice(0, -1).forEach((layer) => fold(layer, false)); // what is above all is read first
  tree.addEventListener("keydown", (e) => {
    const all = items();
    const i = all.indexOf(document.activeElement);
    if (i < 0) return;
    const now = all[i];
    const open = now.getAttribute("aria-expanded");
    if (e.key === "ArrowDown") choose(all[Math.min(i + 1, all.length - 1)]);
    else if (e.key === "ArrowUp") choose(all[Math.max(i - 1, 0)]);
    else if (e.key === "Home") choose(all[0]);
    else if (e.key === "End") choose(all[all.length - 1]);
    else if (e.key === "ArrowRight" && open === "false") fold(now, true);
    else if (e.key === "ArrowRight" && open === "true") choose(all[Math.min(i + 1, all.length - 1)]);
    else if (e.key === "ArrowLeft" && open === "true") fold(now, false);
    else if (e.key === "ArrowLeft" && now.above) choose(now.above);
    else return;
    e.preventDefault();
    e.stopPropagation();
  });

  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const line = el("div", { class: "line" }, el("span", { class: "at" }, at.toString(16).padStart(4, "0")));
    const hex = el("span", { class: "hex" });
    const text = el("span", { class: "text", "aria-hidden": "true" });
    for (let i = at; i < Math.min(at + PER_LINE, bytes.length); i++) {
      const b = bytes[i];
      const cell = el("span", { "data-at": i }, b.toString(16).padStart(2, "0"));
      cells[i] = cell;
      hex.append(cell, " ");
      text.append(b > 31 && b < 127 ? String.fromCharCode(b) : "·");
    }
    line.append(hex, text);
    dump.append(line);
  }
  const of = (e) => owner[Number(e.target.dataset.at)];
  dump.addEventListener("mouseover", (e) => {
    if (e.target.dataset.at === undefined) return;
    show(of(e));
    of(e)?.scrollIntoView({ block: "nearest" });
  });
  dump.addEventListener("click", (e) => { if (e.target.dataset.at !== undefined && of(e)) choose(of(e)); });

  const first = layers.at(-1);
  if (first) first.tabIndex = 0;
  if (first) show(first);
  return el("div", { class: "inspect" }, tree, words, dump);
}

function reveal(cell) {
  cell?.scrollIntoView({ block: "nearest" });
}

// tell writes what a field is, with its places in the RFC and in the book.
async function tell(to, field) {
  to.field = field;
  const entry = field.key ? await explain(field.key) : {};
  if (to.field !== field) return; // another was pointed at meanwhile
  to.replaceChildren();
  to.append(el("b", {}, entry.title && entry.title !== field.name ? `${field.name} — ${entry.title}` : field.name));
  if (entry.text) to.append(el("p", {}, entry.text));
  const where = [entry.rfc, entry.book && say("book", { Text: entry.book })].filter(Boolean).join(" · ");
  if (where) to.append(el("p", { class: "where" }, where));
  const bits = field.bits ? ` · ${say("bits", { Number: field.bits })}` : "";
  to.append(el("p", { class: "where" }, say("place", { Number: field.offset, All: field.length }) + bits));
}
