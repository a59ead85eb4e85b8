// Messages that travel along the cables of the map.

import { s } from "./svg.js";

const MAX = 40; // that travel at the same time
const LASTS = 900; // milliseconds
const ROOM = { x: 240, y: 26 }; // that a text needs

export class Traffic {
  constructor(world, places, group) {
    this.places = places;
    this.group = group;
    this.count = 0;
    this.said = new Set(); // places of texts, as they travel
    this.next = new Map(); // node -> [[node, link], …]
    for (const l of world.links) {
      this.join(l.from, l.to, l.name);
      this.join(l.to, l.from, l.name);
    }
    this.kind = new Map(world.nodes.map((n) => [n.name, n.kind]));
  }

  join(a, b, link) {
    if (!this.next.has(a)) this.next.set(a, []);
    this.next.get(a).push([b, link]);
  }

  tell(rows) {
    for (const r of rows) {
      if (this.count >= MAX || r.gone) return;
      const way = r.g ? this.everybody(r.f) : this.way(r.f, r.o);
      if (way) this.travel(way, r);
    }
  }

  // everybody is the way of a broadcast: to the host's own switch.
  everybody(from) {
    const first = this.next.get(from)?.[0];
    return first && [{ node: from }, { node: first[0], link: first[1] }];
  }

  // way is the shortest; only switches and routers pass on what is not for them.
  way(from, to) {
    const before = new Map([[from, null]]);
    const queue = [from];
    while (queue.length) {
      const now = queue.shift();
      if (now === to) {
        const way = [];
        for (let at = { node: now, ...before.get(now) }; ; at = { node: at.from, ...before.get(at.from) }) {
          way.unshift(at);
          if (at.from === undefined) return way;
        }
      }
      if (now !== from && !["switch", "router"].includes(this.kind.get(now))) continue;
      for (const [node, link] of this.next.get(now) ?? []) {
        if (before.has(node)) continue;
        before.set(node, { from: now, link });
        queue.push(node);
      }
    }
    return null;
  }

  // room takes a place for a text, unless another one is there: of two that lie on each
  // other, nobody can read either.
  room(at) {
    for (const other of this.said) {
      if (Math.abs(other.x - at.x) < ROOM.x && Math.abs(other.y - at.y) < ROOM.y) return false;
    }
    this.said.add(at);
    return true;
  }

  travel(way, r) {
    const points = way.map((w) => this.places.get(w.node)).filter(Boolean);
    if (points.length < 2) return;
    const lostAt = r.l ? Math.max(way.findIndex((w) => w.link === r.at), 1) : -1;
    const end = lostAt > 0 ? lostAt - (r.by ? 0 : 0.5) : points.length - 1;
    const dot = s("g", { class: `dot ${r.a ? "answer" : ""} ${r.l ? "lost" : ""}` }, s("circle", { r: 8 }));
    const at = { ...points[0] };
    if (this.room(at)) dot.append(s("text", { y: -12 }, `${r.p} ${r.s}`.slice(0, 28)));
    this.group.append(dot);
    this.count++;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const started = performance.now();
    const step = (now) => {
      const part = Math.min(Math.max((now - started) / LASTS, 0), 1); // the frame may have begun before
      const done = (still ? 1 : part) * end;
      const i = Math.min(Math.floor(done), points.length - 2);
      at.x = points[i].x + (points[i + 1].x - points[i].x) * (done - i);
      at.y = points[i].y + (points[i + 1].y - points[i].y) * (done - i);
      dot.setAttribute("transform", `translate(${at.x} ${at.y})`);
      if (part < 1) requestAnimationFrame(step);
      else setTimeout(() => { dot.remove(); this.said.delete(at); this.count--; }, r.l ? 900 : 150);
    };
    requestAnimationFrame(step);
  }
}
