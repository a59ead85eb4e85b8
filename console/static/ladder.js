// The ladder: a column a host, an arrow a message. Only the rows in sight are drawn.

import { el, say, onLanguage } from "./words.js";

const AROUND = 8; // rows beyond what is in sight

export class Ladder {
  constructor(store, choose) {
    this.store = store;
    this.choose = choose;
    this.scroll = document.getElementById("scroll");
    this.canvas = document.getElementById("canvas");
    this.heads = document.getElementById("hosts");
    this.newest = document.getElementById("newest");
    this.rows = new Map(); // id -> element
    this.selected = null;
    this.latest = 0; // what is newer has just come
    this.stuck = true; // to the end, where new ones come
    store.changed = () => this.later();
    this.scroll.addEventListener("scroll", () => {
      const to = this.scroll.scrollTop;
      if (to < (this.last ?? 0) - 2) this.stuck = false;
      if (this.atEnd()) this.stuck = true;
      this.last = to;
      this.later();
    });
    this.newest.addEventListener("click", () => { this.stuck = true; this.later(); });
    this.canvas.addEventListener("click", (e) => this.clicked(e));
    this.canvas.addEventListener("keydown", (e) => this.key(e));
    new ResizeObserver(() => this.later(true)).observe(this.scroll);
    onLanguage(() => this.later(true));
  }

  later(all) {
    this.redo ||= all;
    this.asked ??= requestAnimationFrame(() => { this.asked = null; this.draw(); });
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 8;
  }

  // measure finds where the columns are.
  measure() {
    const em = parseFloat(getComputedStyle(this.scroll).fontSize);
    const hosts = this.store.hosts.length;
    this.height = Math.round(em * 2.6);
    this.left = Math.round(em * 5.2); // where the times are
    const least = em * 6.5;
    const room = this.scroll.clientWidth - this.left;
    this.column = hosts ? Math.max(least, room / hosts) : least;
    this.width = this.left + this.column * Math.max(hosts, 1);
    this.canvas.style.width = `${Math.floor(this.width)}px`;
    this.heads.style.width = `${Math.floor(this.width)}px`;
  }

  x(host) {
    return this.left + this.column * (this.store.known.get(host) + 0.5);
  }

  draw() {
    this.measure();
    const { shown, hosts } = this.store;
    const shape = `${Math.floor(this.width)} ${this.height} ${hosts.join(" ")}`;
    if (this.redo || shape !== this.shape) {
      this.shape = shape;
      this.redo = false;
      this.clear();
      this.columns();
    }
    document.getElementById("nothing").hidden = shown.length > 0 || this.step !== undefined;
    this.canvas.style.height = `${shown.length * this.height}px`;
    if (this.stuck) this.scroll.scrollTop = this.scroll.scrollHeight;
    else this.stay();
    this.newest.hidden = this.stuck || this.atEnd();
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / this.height) - AROUND);
    const last = Math.min(shown.length, first + Math.ceil(this.scroll.clientHeight / this.height) + 2 * AROUND);
    const keep = new Map();
    for (let i = first; i < last; i++) keep.set(shown[i].id, i);
    for (const [id, row] of this.rows) {
      if (keep.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    for (const [id, i] of keep) this.place(shown[i], i);
    const top = Math.min(Math.floor(this.scroll.scrollTop / this.height), shown.length - 1);
    this.anchor = top < 0 ? null : { id: shown[top].id, place: top };
    this.latest = Math.max(this.latest, shown.at(-1)?.id ?? 0);
  }

  // stay keeps in sight what is read, when messages above it are forgotten or folded.
  stay() {
    if (!this.anchor) return;
    const { shown } = this.store;
    let [low, high] = [0, shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shown[middle].id < this.anchor.id) low = middle + 1;
      else high = middle;
    }
    if (low !== this.anchor.place) this.scroll.scrollTop += (low - this.anchor.place) * this.height;
  }

  // follow marks the messages of a demo's step; it has the newest in sight when
  // something is about to happen. undefined: there is no demo.
  follow(step, moved) {
    this.step = step;
    if (step !== undefined && moved) this.stuck = true;
    this.later();
  }

  clear() {
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
  }

  // columns draws the hosts' names and their lines.
  columns() {
    this.canvas.querySelectorAll(".rail").forEach((r) => r.remove());
    this.heads.replaceChildren();
    for (const host of this.store.hosts) {
      const name = el("span", { title: host }, host);
      name.style.left = `${this.x(host) - this.column / 2}px`;
      name.style.width = `${this.column}px`;
      this.heads.append(name);
      const rail = el("i", { class: "rail", role: "presentation" });
      rail.style.left = `${this.x(host)}px`;
      this.canvas.prepend(rail);
    }
  }

  // place puts a message's row where it belongs; it is made anew if more is known.
  place(r, i) {
    let row = this.rows.get(r.id);
    const now = r.id === this.selected;
    const first = r.st && r.st !== this.store.shown[i - 1]?.st;
    const version = `${r.st === this.step}${first}${r.l}${r.v}${r.n}${r.ln}${r.d}${r.ch}${r.re}${r.count}${r.bad}${r.s}`;
    if (!row || row.version !== version) {
      row?.remove();
      row = this.row(r);
      if (r.st) row.classList.toggle("step", r.st === this.step);
      if (first) {
        row.classList.add("first");
        row.prepend(el("b", { class: "stepped" }, say("demo.stepshort", { Number: r.st })));
      }
      row.version = version;
      this.rows.set(r.id, row);
      this.canvas.append(row);
    }
    row.style.top = `${i * this.height}px`;
    row.setAttribute("aria-posinset", i + 1);
    row.setAttribute("aria-setsize", this.store.shown.length);
    row.classList.toggle("selected", now);
    row.setAttribute("aria-selected", now);
    if (now) this.canvas.setAttribute("aria-activedescendant", row.id);
  }

  row(r) {
    const from = this.x(r.f);
    const columns = this.store.hosts.length;
    const right = this.left + this.column * columns;
    const to = r.g || !this.store.known.has(r.o) ? (from < right - this.column ? right - 6 : this.left + 6) : this.x(r.o);
    const [low, high] = from === to ? [from, from + this.column / 2] : [Math.min(from, to), Math.max(from, to)];
    const row = el("div", { class: `row ${kinds(r)} ${r.id > this.latest ? "new" : ""}`, role: "option", id: `m${r.id}`, "data-id": r.id, "aria-label": spoken(r) });
    row.style.height = `${this.height}px`;
    const time = el("time", {}, stamp(r.t - this.store.start));
    const arrow = el("i", { class: `arrow ${to < from ? "left" : "right"}` });
    const length = r.l ? (high - low) / 2 : high - low;
    arrow.style.left = `${r.l && to < from ? high - length : low}px`;
    arrow.style.width = `${length}px`;
    const label = el("span", { class: "label", title: text(r) }, text(r)); // where there is no room, it is cut
    if (low > this.width * 0.55) { // there is more room on the left
      label.style.right = `${Math.max(this.width - high + 8, 4)}px`;
      label.style.maxWidth = `${high - this.left - 16}px`;
    } else {
      label.style.left = `${low + 10}px`;
      label.style.maxWidth = `${this.width - low - 20}px`;
    }
    row.append(time, arrow, label);
    if (r.l) {
      const cross = el("b", { class: "cross" }, "✗");
      cross.style.left = `${(low + high) / 2}px`;
      row.append(cross);
    }
    return row;
  }

  clicked(e) {
    const row = e.target.closest(".row");
    if (row) this.select(this.store.indexOf(Number(row.dataset.id)), true);
  }

  // select makes a message the chosen one, brings it into sight and, if it is to be
  // opened, shows it.
  select(i, open) {
    const { shown } = this.store;
    if (!shown.length) return;
    i = Math.min(Math.max(i, 0), shown.length - 1);
    const r = shown[i];
    if (open && r.folded) {
      this.store.toggle(r.c);
      return;
    }
    this.selected = r.id;
    const top = i * this.height;
    const head = this.heads.offsetHeight;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (top + this.height > this.scroll.scrollTop + this.scroll.clientHeight - head) {
      this.scroll.scrollTop = top + this.height - this.scroll.clientHeight + head;
    }
    this.stuck = i === shown.length - 1 && this.atEnd();
    this.later();
    this.choose(r, open);
  }

  key(e) {
    const now = this.store.indexOf(this.selected);
    const end = this.store.shown.length - 1;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / this.height) - 1);
    const at = now < 0 ? end : now;
    const to = {
      ArrowDown: now < 0 ? end : at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end,
    }[e.key];
    if (to !== undefined) {
      this.stuck = false;
      this.select(to, false);
    } else if (e.key === "Enter" || e.key === " ") this.select(at, true);
    else if (e.key === "ArrowLeft" && this.store.collapsed && now >= 0) this.store.toggle(this.store.shown[now].c);
    else return;
    e.preventDefault();
  }
}

// kinds are the classes of a row.
function kinds(r) {
  return [
    r.l && "lost", r.v && `found ${r.v}`, r.pk && "packet", r.a && "answer", r.b && "beside", r.g && "group",
    r.folded && "folded", r.bad && "bad",
  ].filter(Boolean).join(" ");
}

function text(r) {
  let s = r.s;
  if (r.v) s = `! ${s}`;
  if (r.folded && r.count > 1) s = `▸ ${s} ${say("more", { Number: r.count - 1 })}`;
  const end = { Link: r.at || "?", Node: r.by, Number: r.ln, All: r.n || 1 };
  if (r.l) s += ` · ${say(r.by ? "discarded" : "lost", end)}`;
  else if (r.ln) s += ` · ${say(r.by ? "discardedpart" : "lostpart", end)}`;
  if (r.ch) s += ` · ${say("changed")}`;
  if (r.d) s += ` · ${say("doubled")}`;
  if (r.re) s += ` · ${say("reordered")}`;
  return s;
}

const spoken = (r) => `${r.f} → ${r.o}: ${r.p} ${text(r)}`;

// stamp is a time since the first message.
export function stamp(ms) {
  if (Math.abs(ms) < 1000) return `${ms.toFixed(3)} ms`;
  if (ms < 1e6) return `${(ms / 1000).toFixed(3)} s`;
  const s = Math.round(ms / 1000);
  return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}
