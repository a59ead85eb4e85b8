// The messages that the page knows, in order. It forgets the oldest.

const MAX = 10000;

export class Store {
  constructor() {
    this.changed = () => {};
    this.preferred = []; // columns that are there in any case, from the left
    this.clear();
  }

  clear() {
    this.byID = new Map();
    this.sorted = []; // by id
    this.shown = []; // those that are rows of the ladder
    this.hosts = []; // in the order of appearance
    this.known = new Map(); // host -> column
    this.dropped = 0;
    this.open = new Set(); // conversations that are open though others are collapsed
    this.start = null;
  }

  // add takes rows as they come, and what more is known of them.
  add(rows) {
    for (const row of rows) {
      const old = this.byID.get(row.id);
      if (row.gone) {
        if (old) this.remove(row.id);
        continue;
      }
      if (old) {
        Object.keys(old).forEach((k) => delete old[k]);
        Object.assign(old, row);
        continue;
      }
      this.byID.set(row.id, row);
      this.insert(row);
      this.start ??= row.t;
    }
    if (this.sorted.length > MAX) {
      const gone = this.sorted.splice(0, this.sorted.length - MAX);
      gone.forEach((r) => this.byID.delete(r.id));
      this.dropped += gone.length;
    }
    this.arrange();
    this.changed();
  }

  insert(row) {
    let at = this.sorted.length;
    while (at > 0 && this.sorted[at - 1].id > row.id) at--;
    this.sorted.splice(at, 0, row);
  }

  remove(id) {
    this.byID.delete(id);
    this.sorted = this.sorted.filter((r) => r.id !== id);
  }

  // arrange finds the columns and, if conversations are collapsed, one row for each.
  arrange() {
    const present = new Set();
    for (const r of this.sorted) {
      present.add(r.f);
      if (!r.g) present.add(r.o);
    }
    this.preferred.forEach((h) => present.add(h));
    const before = [...this.preferred, ...this.hosts.filter((h) => !this.preferred.includes(h))];
    this.hosts = before.filter((h) => present.delete(h));
    this.hosts.push(...present);
    this.known = new Map(this.hosts.map((h, i) => [h, i]));
    this.shown = this.collapsed ? this.folded() : this.sorted;
  }

  // folded has one row for each conversation: its first message, and how many there are.
  folded() {
    const first = new Map();
    const rows = [];
    for (const r of this.sorted) {
      if (!r.c || this.open.has(r.c)) {
        rows.push(r);
        continue;
      }
      const head = first.get(r.c);
      if (head) {
        head.count++;
        head.bad ||= Boolean(r.l || r.v);
        continue;
      }
      const folded = { ...r, count: 1, folded: true, bad: Boolean(r.l || r.v) };
      first.set(r.c, folded);
      rows.push(folded);
    }
    return rows;
  }

  prefer(hosts) {
    if (hosts.join(" ") === this.preferred.join(" ")) return;
    this.preferred = hosts;
    this.arrange();
    this.changed();
  }

  fold(on) {
    this.collapsed = on;
    this.open.clear();
    this.arrange();
    this.changed();
  }

  toggle(conversation) {
    if (!this.open.delete(conversation)) this.open.add(conversation);
    this.arrange();
    this.changed();
  }

  indexOf(id) {
    return this.shown.findIndex((r) => r.id === id);
  }
}
