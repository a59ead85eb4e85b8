// Where everything is on the map: networks in two rows, the routers between them.

const NODE = { width: 126, height: 46, gap: 10 };
const BOX = { pad: 14, head: 58, gap: 26 };
const MIDDLE = 110; // the row of routers

// layout gives each node a place, and each network a box.
export function layout({ nodes, links }) {
  const places = new Map();
  const switches = nodes.filter((n) => n.kind === "switch");
  const routers = nodes.filter((n) => n.kind === "router");
  const home = new Map(); // host -> switch
  const networksOf = new Map(); // router -> switches
  for (const l of links) {
    if (l.kind === "router") networksOf.set(l.from, [...(networksOf.get(l.from) ?? []), l.to]);
    else if (!home.has(l.from)) home.set(l.from, l.to);
  }
  const boxes = switches.map((s) => {
    const hosts = nodes.filter((n) => home.get(n.name) === s.name && n.kind !== "router");
    const columns = Math.max(1, Math.ceil(Math.sqrt(hosts.length * 1.7)));
    const rows = Math.ceil(hosts.length / columns);
    return {
      name: s.name, prefix: s.prefix, hosts, columns, rows,
      width: Math.max(columns * (NODE.width + NODE.gap) - NODE.gap, NODE.width + 60) + 2 * BOX.pad,
      height: rows * (NODE.height + NODE.gap) + BOX.head + BOX.pad,
    };
  });
  const lines = [[], []];
  const length = (line) => line.reduce((sum, b) => sum + b.width + BOX.gap, 0);
  for (const box of boxes) lines[length(lines[0]) <= length(lines[1]) ? 0 : 1].push(box);
  const width = Math.max(length(lines[0]), length(lines[1]), 300) + BOX.gap;
  const top = Math.max(0, ...lines[0].map((b) => b.height));
  const bottom = Math.max(0, ...lines[1].map((b) => b.height));
  const between = routers.length || lines[1].length ? MIDDLE : 0;
  for (const [i, line] of lines.entries()) {
    let x = (width - length(line) + BOX.gap) / 2;
    for (const box of line) {
      box.x = x;
      box.y = i ? top + between + BOX.gap : BOX.gap + top - box.height;
      box.up = i === 1;
      x += box.width + BOX.gap;
      fill(box, places);
    }
  }
  alongMiddle(routers, networksOf, places, width, top + BOX.gap + between / 2);
  return { places, boxes, width, height: top + between + bottom + 2 * BOX.gap };
}

// fill puts a network's hosts into its box; the switch is at the edge that faces the
// routers.
function fill(box, places) {
  const start = box.y + (box.up ? BOX.head : BOX.pad);
  places.set(box.name, { x: box.x + box.width / 2, y: box.up ? box.y + 22 : box.y + box.height - 22, width: 120, height: 30 });
  const inside = box.columns * (NODE.width + NODE.gap) - NODE.gap;
  box.hosts.forEach((host, i) => {
    const x = box.x + (box.width - inside) / 2 + (i % box.columns) * (NODE.width + NODE.gap) + NODE.width / 2;
    const y = start + Math.floor(i / box.columns) * (NODE.height + NODE.gap) + NODE.height / 2;
    places.set(host.name, { x, y, width: NODE.width, height: NODE.height });
  });
}

// alongMiddle puts each router between its networks, and no two onto each other.
function alongMiddle(routers, networksOf, places, width, y) {
  const wish = routers.map((r) => {
    const xs = (networksOf.get(r.name) ?? []).map((s) => places.get(s)?.x).filter((x) => x !== undefined);
    return { name: r.name, x: xs.length ? xs.reduce((a, b) => a + b) / xs.length : width / 2 };
  }).sort((a, b) => a.x - b.x);
  const least = NODE.width + 30;
  for (let i = 1; i < wish.length; i++) wish[i].x = Math.max(wish[i].x, wish[i - 1].x + least);
  for (const w of wish) places.set(w.name, { x: w.x, y, width: NODE.width, height: NODE.height });
}
