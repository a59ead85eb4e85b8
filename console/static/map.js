// The map: hosts, switches, routers and cables, and the messages that travel on them.

import { say, onLanguage } from "./words.js";
import { get } from "./api.js";
import { layout } from "./layout.js";
import { openHost } from "./host.js";
import { openLink } from "./link.js";
import { Traffic } from "./traffic.js";
import { s } from "./svg.js";

const section = document.getElementById("map");

let drawn = "";
let visible = false;
let world = { nodes: [], links: [] };
let traffic;
let context;
let chosen = ""; // whose panel is open, or was

export function begin(given) {
  context = { ...given, cable, refresh };
  onLanguage(() => { drawn = ""; if (visible) refresh(); });
  new ResizeObserver(reveal).observe(section); // the panel takes half of the room
  setInterval(() => { if (visible && !document.hidden) refresh(); }, 1500);
  return {
    shown(is) {
      visible = is;
      if (is) refresh();
    },
    rows(rows) { if (visible) traffic?.tell(rows); },
  };
}

// refresh asks how everything is, and draws it if it has changed.
async function refresh() {
  const now = await get("map").catch(() => null);
  if (!now) return;
  const text = JSON.stringify(now);
  if (text === drawn) return;
  drawn = text;
  world = now;
  draw();
}

const cable = (name) => world.links.find((l) => l.name === name);

function draw() {
  const focused = document.activeElement?.dataset?.name;
  const { places, boxes, width, height } = layout(world);
  const picture = s("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": say("map") });
  for (const box of boxes) picture.append(s("rect", { class: "network", x: box.x, y: box.y, width: box.width, height: box.height, rx: 10 }));
  const cables = s("g");
  for (const link of world.links) cables.append(wire(link, places));
  picture.append(cables);
  for (const node of world.nodes) if (places.has(node.name)) picture.append(box(node, places.get(node.name)));
  const dots = s("g", { class: "dots", "aria-hidden": "true" });
  picture.append(dots);
  const hint = document.createElement("p");
  hint.className = "where";
  hint.textContent = say("map.hint");
  section.replaceChildren(picture, hint);
  traffic = new Traffic(world, places, dots);
  if (focused) section.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
}

// reveal brings into sight what was chosen.
function reveal() {
  section.querySelector(".chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function choose(e, name) {
  section.querySelector(".chosen")?.classList.remove("chosen");
  e.classList.add("chosen");
  chosen = name;
  reveal();
}

// button has an element pressed by mouse and keyboard.
function button(e, name, press) {
  e.setAttribute("tabindex", "0");
  e.setAttribute("role", "button");
  e.dataset.name = name;
  if (name === chosen) e.classList.add("chosen");
  const pressed = () => { choose(e, name); press(); };
  e.addEventListener("click", pressed);
  e.addEventListener("keydown", (k) => {
    if (k.key !== "Enter" && k.key !== " ") return;
    k.preventDefault();
    pressed();
  });
  return e;
}

function wire(link, places) {
  const a = places.get(link.from);
  const b = places.get(link.to);
  if (!a || !b) return s("g");
  const bad = link.words?.some(Boolean);
  const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
  const g = s("g", { class: `cable ${link.plugged ? "" : "unplugged"} ${bad ? "faulty" : ""}`, "aria-label": say("link", { Link: link.name }) + (link.plugged ? "" : ` (${say("unplugged")})`) },
    s("line", { class: "grip", ...ends }), s("line", { class: "line", ...ends }));
  g.append(s("title", {}, `${say("link", { Link: link.name })} ${link.plugged ? (link.words ?? []).filter(Boolean).join(" · ") : say("unplugged")}`));
  if (!link.plugged) g.append(s("text", { class: "cut", x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + 6 }, "✗"));
  return button(g, `link ${link.name}`, () => openLink(link.name, context));
}

function box(node, at) {
  const g = s("g", { class: `node ${node.kind} ${node.absent ? "absent" : ""}`, transform: `translate(${at.x - at.width / 2} ${at.y - at.height / 2})` });
  const servers = node.servers ?? [];
  const down = servers.filter((v) => v.state !== "running");
  g.append(s("rect", { width: at.width, height: at.height, rx: node.kind === "router" ? at.height / 2 : 6 }));
  const low = node.kind === "switch" ? at.height / 2 + 5 : servers.length || node.kind === "router" ? 19 : at.height / 2 + 5;
  g.append(s("text", { x: at.width / 2, y: low, class: "name" }, node.name));
  if (servers.length) g.append(s("text", { x: at.width / 2, y: 37, class: `servers ${down.length ? "down" : ""}` }, short(servers.map((v) => (v.state === "running" ? v.name : `✗${v.name}`)).join(" "), 16)));
  else if (node.kind === "router") g.append(s("text", { x: at.width / 2, y: 37, class: "servers" }, "⇄"));
  const told = [node.name, node.absent, node.fqdn, node.prefix, ...(node.addresses ?? []), ...servers.map((v) => `${v.name}: ${say(`state.${v.state}`)}`)].filter(Boolean);
  g.append(s("title", {}, told.join("\n")));
  g.setAttribute("aria-label", told.join(", "));
  return button(g, node.name, () => openHost(node.name, context));
}

const short = (text, n) => (text.length > n ? `${text.slice(0, n - 1)}…` : text);
