// What is wrong with how the page looks, as a list of sentences: text that is cut off,
// covered or beyond the window, and text too faint to be read from the last row.

const LEAST = 4.5; // WCAG 2.2, 1.4.3: the contrast of a text with what is behind it

async function check() {
  await Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})));
  const wrong = new Set();
  const texts = [...visibleTexts()];
  for (const { node, at } of texts) {
    for (const box of boxes(node)) {
      const why = cut(box, at) || covered(box, at);
      if (why) wrong.add(`${why}: ${name(at)} “${node.data.trim().slice(0, 60)}”`);
    }
  }
  for (const e of document.querySelectorAll("input[placeholder], select")) {
    if (visible(e) && !fits(e)) wrong.add(`cut off inside: ${name(e)}`);
  }
  for (const e of document.querySelectorAll("#map .node text")) {
    if (visible(e) && e.getBBox().width > e.parentNode.querySelector("rect").getBBox().width) wrong.add(`wider than its box: ${name(e)} “${e.textContent}”`);
  }
  if (document.documentElement.scrollWidth > innerWidth) wrong.add(`the page is ${document.documentElement.scrollWidth} wide, the window ${innerWidth}`);
  const theme = document.documentElement.dataset.theme;
  for (const now of ["light", "dark"]) {
    document.documentElement.dataset.theme = now;
    for (const { node, at } of texts) {
      const c = contrast(at);
      if (c < LEAST) wrong.add(`contrast ${c.toFixed(2)} in ${now}: ${name(at)} “${node.data.trim().slice(0, 30)}”`);
    }
    for (const e of document.querySelectorAll("input[placeholder]")) {
      const c = contrast(e, "::placeholder");
      if (visible(e) && c < LEAST) wrong.add(`contrast ${c.toFixed(2)} in ${now}: what may be written in ${name(e)}`);
    }
  }
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  return [...wrong];
}

const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
const name = (e) => `${e.localName}${e.id ? `#${e.id}` : ""}${e.getAttribute("class") ? `.${e.getAttribute("class").trim().replace(/\s+/g, ".")}` : ""}`;

// visibleTexts are the texts that somebody can see, and the elements that they are in.
function* visibleTexts() {
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (all.nextNode()) {
    const node = all.currentNode;
    const at = node.parentElement;
    if (!node.data.trim() || at.closest("option, script, textarea, title, .dots") || !visible(at)) continue;
    yield { node, at };
  }
}

function boxes(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  return [...range.getClientRects()].filter((r) => r.width > 1 && r.height > 1);
}

// cut says why a box cannot be seen whole, however one scrolls.
function cut(box, at) {
  for (let a = at; a && a !== document.body; a = a.parentElement) {
    const style = getComputedStyle(a);
    if (style.display === "inline" || (style.overflowX === "visible" && style.overflowY === "visible")) {
      if (style.position === "fixed") break;
      continue;
    }
    const outer = a.getBoundingClientRect();
    const left = outer.left + a.clientLeft, top = outer.top + a.clientTop;
    const wide = box.left < left - 1 || box.right > left + a.clientWidth + 1;
    const high = box.top < top - 1 || box.bottom > top + a.clientHeight + 1;
    if (wide && !/auto|scroll/.test(style.overflowX)) return style.textOverflow === "ellipsis" && at.closest("[title]") ? "" : "cut off";
    if (high && !/auto|scroll/.test(style.overflowY)) return "cut off below or above";
    if (wide && box.left - left + a.scrollLeft < -1) return "left of where one can scroll to";
    if (wide || high) return ""; // one can scroll there
  }
  if (box.left < -1 || box.right > innerWidth + 1) return "beyond the window";
  if (box.bottom + scrollY > Math.max(innerHeight, document.documentElement.scrollHeight) + 1) return "below the window";
  return "";
}

// covered says what lies on a text.
function covered(box, at) {
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  if (at.closest("svg") || document.querySelector("dialog[open]")?.contains(at) === false) return "";
  const top = document.elementFromPoint(x, y);
  if (!top || top.contains(at) || at.contains(top) || at.closest("label")?.contains(top)) return "";
  const scroller = top.closest("#hosts, #newest, .close"); // what stays where it is while the rest is scrolled
  return scroller || scrolledAway(x, y, at) ? "" : `covered by ${name(top)}`;
}

function scrolledAway(x, y, at) {
  for (let a = at.parentElement; a; a = a.parentElement) {
    const r = a.getBoundingClientRect();
    if (getComputedStyle(a).overflowY !== "visible" && (y < r.top + 2 || y > r.bottom - 2 || x < r.left || x > r.right)) return true;
  }
  return false;
}

// fits reports whether what is written in a field that was not filled in can be read.
function fits(e) {
  const style = getComputedStyle(e);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const text = e.localName === "select" ? e.selectedOptions[0]?.text ?? "" : e.placeholder;
  return pen.measureText(text).width <= e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) + 1;
}

const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
const known = new Map();

// rgba reads any colour that CSS can write.
function rgba(colour) {
  if (!known.has(colour)) {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    known.set(colour, [...pen.getImageData(0, 0, 1, 1).data].map((v, i) => (i === 3 ? v / 255 : v)));
  }
  return known.get(colour);
}

const over = (front, behind) => [0, 1, 2].map((i) => front[i] * front[3] + behind[i] * (1 - front[3]));

function behind(e) {
  const layers = [];
  for (let a = e; a; a = a.parentElement) {
    const shape = a.classList.contains("node") && a.querySelector("rect");
    const colour = rgba(shape ? getComputedStyle(shape).fill : getComputedStyle(a).backgroundColor);
    layers.push(colour);
    if (colour[3] === 1) break;
  }
  return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255]);
}

// contrast is that of a text with what is behind it; what cannot be used may be faint.
function contrast(e, part) {
  if (e.closest(":disabled")) return Infinity;
  const style = getComputedStyle(e, part);
  let [r, g, b, alpha] = rgba(e.closest("svg") ? style.fill : style.color);
  for (let a = e; a; a = a.parentElement) alpha *= Number(getComputedStyle(a).opacity);
  const back = behind(e);
  const [a, c] = [luminance(over([r, g, b, alpha], back)), luminance(back)];
  return (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
}

function luminance(colour) {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
