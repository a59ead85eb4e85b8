// The lines of a demo's step: words, commands, what they print, tables.

import { el, say, lang } from "./words.js";
import { explain } from "./tree.js";

// lines are the elements of a step, and how it stands. later is called when one of
// them has grown.
export function lines(now, later) {
  const all = (now.lines ?? []).map((l) => draw[l.kind]?.(l, later));
  if (now.pause === "answer") all.push(el("p", { class: "answered veiled" }, say("demo.veiled")));
  if (now.over) all.push(el("p", { class: "where" }, say("demo.over")));
  if (now.error) all.push(el("p", { class: "fault" }, now.error));
  return all.filter(Boolean);
}

const inWords = (l) => l.words?.[lang()] ?? "";

const draw = {
  said: (l) => el("p", { class: "said" }, inWords(l)),
  asked: (l) => el("p", { class: "asked" }, el("b", {}, "? "), inWords(l)),
  answered: (l) => el("p", { class: "answered" }, el("b", {}, "= "), inWords(l)),
  did: (l) => el("p", { class: "did" }, l.command ? el("code", {}, `$ ${l.command}`) : `▸ ${inWords(l)}`),
  printed: (l) => el("pre", {}, l.text, l.cut ? `\n${say("demo.cut", { Number: l.cut })}` : ""),
  shown: (l, later) => (l.table ? table(l.table) : book(l.explain, later)),
  missing: (l) => el("p", { class: "fault" }, inWords(l)),
};

// table is what somebody holds, under its title.
function table(t) {
  if (!t.rows.length) return el("p", { class: "did" }, `${t.title[lang()]}: ${say("demo.empty")}`);
  return el("div", { class: "holds" }, el("table", {}, el("caption", {}, t.title[lang()]),
    el("tr", {}, ...t.columns.map((c) => el("th", {}, c[lang()]))),
    ...t.rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, ...breakable(cell)))))));
}

// breakable lets a line end before a port or the length of a prefix, and nowhere else.
const breakable = (text) => text.split(/(?<=[:/])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));

// book is what the book says of a key, when it has been asked.
function book(key, later) {
  const words = el("div", { class: "words" });
  explain(key).then((entry) => {
    if (!entry.title) return;
    words.append(el("b", {}, `${entry.name} — ${entry.title}`), el("p", {}, entry.text ?? ""));
    const where = [entry.rfc, entry.book && say("book", { Text: entry.book })].filter(Boolean).join(" · ");
    if (where) words.append(el("p", { class: "where" }, where));
    later();
  }).catch(() => words.remove());
  return words;
}
