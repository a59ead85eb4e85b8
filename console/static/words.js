// The page's words: those of the catalogue's topic page, in one of two languages.

let words = {};
let language = document.documentElement.lang;
const listeners = [];

export const lang = () => language;

// say is a sentence, with its {Places} filled.
export function say(key, places = {}) {
  const text = words[key];
  if (text === undefined) return `⟦${key}⟧`;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in places ? places[name] : all));
}

// speak changes the language, and everything that is on the page with it.
export async function speak(to) {
  const reply = await (await fetch(`/api/words?lang=${encodeURIComponent(to)}`)).json();
  words = reply.words;
  language = reply.language;
  document.documentElement.lang = language;
  apply(document);
  listeners.forEach((f) => f());
}

// onLanguage has f called whenever the language has changed.
export const onLanguage = (f) => listeners.push(f);

// apply writes the words of all elements that name theirs.
export function apply(root) {
  for (const e of root.querySelectorAll("[data-word]")) e.textContent = say(e.dataset.word);
  for (const e of root.querySelectorAll("[data-label]")) {
    e.setAttribute("aria-label", say(e.dataset.label));
    if (e.matches("button")) e.title = say(e.dataset.label);
  }
}

// el makes an element: el("button", {class: "x", onclick: f}, "text", child …).
export function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}
