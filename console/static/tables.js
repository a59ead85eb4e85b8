// What a host holds, as tables: a table for each that it has something of.

import { el, say } from "./words.js";

// table has a column for each [word, value of a row].
function table(word, columns, rows) {
  if (!rows?.length) return null;
  const cell = (value, i) => el(i < 0 ? "th" : "td", i < 0 ? { scope: "col" } : {}, String(value ?? ""));
  return el("table", {}, el("caption", {}, say(word)),
    el("thead", {}, el("tr", {}, ...columns.map(([name]) => cell(say(name), -1)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...columns.map(([, value], i) => cell(value(row), i))))));
}

// left is the time until then, counting down.
function left(until, now) {
  if (!until) return "";
  const s = Math.max(0, Math.round((Date.parse(until) - Date.parse(now)) / 1000));
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return s >= 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s} s`;
}

const of = (name) => (row) => row[name];

export function tables(p) {
  const a = p.address;
  return [
    table("dhcp", [["state", of("state")], ["address", of("address")], ["servers", of("server")],
      ["T1", (r) => left(r.t1, p.now)], ["T2", (r) => left(r.t2, p.now)], ["expires", (r) => left(r.expires, p.now)]], a && [a]),
    table("leases", [["address", of("address")], ["host.of", (r) => r.host ?? r.mac], ["state", of("state")],
      ["T1", (r) => left(r.t1, p.now)], ["T2", (r) => left(r.t2, p.now)], ["expires", (r) => left(r.expires, p.now)]], p.leases),
    table("cache", [["name", of("name")], ["type", of("type")], ["data", (r) => r.data?.join(", ")], ["TTL", of("ttl")]], p.cache),
    table("sockets", [["protocol", of("protocol")], ["local", of("local")], ["remote", of("remote")], ["state", of("state")]], p.sockets),
    table("ftp", [["user", of("user")], ["control", (r) => `${r.client} → ${r.server}`], ["dataconnection", transfer]], p.ftp),
    table("tftp", [["file", of("file")], ["remote", of("client")], ["sent", of("bytes")]], p.tftp),
    table("queue", [["sender", of("from")], ["recipient", of("address")], ["state", (r) => [r.state, r.reply].filter(Boolean).join(": ")], ["attempts", of("attempts")]],
    (p.queue ?? []).flatMap((m) => m.recipients.map((r) => ({ from: m.from || "<>", ...r })))),
    table("mailboxes", [["user", of("user")], ["folder", of("name")], ["messages.count", of("messages")], ["unseen", of("unseen")]],
      (p.mailboxes ?? []).flatMap((m) => (m.folders ?? []).map((f) => ({ user: m.user, ...f })))),
    table("nat", [["protocol", of("protocol")], ["inside", of("inside")], ["outside", of("outside")], ["remote", of("remote")],
      ["expires", (r) => left(r.expires, p.now)]], p.nat?.mappings),
    table("table", [["mac", of("mac")], ["cable", of("link")]], p.table),
    table("neighbors", [["address", of("address")], ["mac", of("mac")], ["state", of("state")]], p.neighbors),
    table("routes", [["destination", of("destination")], ["via", (r) => r.via ?? "—"], ["card", of("card")]], p.routes),
    table("cards", [["card", of("name")], ["mac", of("mac")], ["cable", of("link")], ["MTU", of("mtu")]], p.cards),
    ...(p.zones ?? []).map(zone),
  ].filter(Boolean);
}

function transfer(session) {
  const t = session.transfer;
  return t ? `${t.command} ${say(t.active ? "active" : "passive")} ${t.client} ↔ ${t.server} ${t.bytes}` : "";
}

function zone(z) {
  const records = table("zones", [["name", of("name")], ["TTL", of("ttl")], ["type", of("type")], ["data", of("data")]], z.records);
  return el("details", { "data-k": `zone ${z.name}` }, el("summary", {}, `${say("zones")} ${z.name} · ${say("serial")} ${z.serial ?? "—"}`), records ?? "");
}
