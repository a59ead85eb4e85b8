// One message: what it says, what is wrong with it, its layers and bytes.

import { el, say, onLanguage } from "./words.js";
import { get } from "./api.js";
import { inspect } from "./tree.js";
import { conversation } from "./follow.js";
import { panel } from "./panel.js";
import { fault } from "./fault.js";

let shown = null; // the row that is shown
let text = null; // the conversation that is shown below

// openMessage shows a message beside the ladder.
export async function openMessage(row, focus) {
  shown = row;
  text = null;
  let m;
  try {
    m = await get(`messages/${row.id}`);
  } catch {
    m = null;
  }
  if (shown !== row) return; // another was chosen meanwhile
  if (!m) {
    panel.show(say("message"), [el("p", {}, say("forgotten"))], focus);
    return;
  }
  const views = el("div", { class: "views" });
  const parts = [
    el("p", { class: "ends" }, el("b", {}, m.from.host), ` ${m.from.address ?? ""} → `, el("b", {}, m.to.host), ` ${m.to.address ?? ""}`),
    el("p", { class: "summary" }, m.summary),
    m.said ? el("p", { class: "said" }, m.said) : null,
    ...(m.findings ?? []).map(finding),
    m.lost ? el("p", { class: "finding wrong" }, `✗ ${say("lost", { Link: m.lost.join(", ") })}`) : null,
    m.discarded ? el("p", { class: "finding wrong" }, `✗ ${say("discarded", { Node: m.discarded.join(", ") })}`) : null,
    el("p", { class: "where" }, facts(m)),
    buttons(m, views),
    views,
  ];
  panel.show(`${m.protocol} ${m.id}`, parts, focus);
  choose(m, views, 0);
}

onLanguage(() => { if (shown && panel.isOpen("message")) openMessage(shown, false); });

// heard is told of new rows: a conversation that is being followed goes on.
export function heard(rows) {
  if (text && rows.some((r) => r.c === text.id)) text.again();
}

function facts(m) {
  const all = [say("size", { Number: m.size }), say("conversation", { Number: m.conversation })];
  if (m.answers) all.push(say("answers", { Number: m.answers, Time: `${(m.elapsed * 1000).toFixed(3)} ms` }));
  if (m.missing) all.push(say("missing", { Number: m.missing }));
  return all.join(" · ");
}

function finding(f) {
  return el("p", { class: `finding ${f.severity}` }, `! ${f.text}`, f.reference ? el("span", { class: "where" }, ` ${f.reference}`) : null);
}

function buttons(m, views) {
  const bar = el("div", { class: "buttons" });
  m.views.forEach((v, i) => {
    if (m.views.length < 2) return;
    const name = v.packet ? say("packet", { Number: v.packet }) : say("message");
    bar.append(el("button", { onclick: () => choose(m, views, i), "data-view": i }, name));
  });
  if (m.conversation) {
    bar.append(
      el("button", { id: "follow", onclick: () => { text = conversation(m.conversation, views); } }, say("follow")),
      el("button", { id: "below", onclick: () => below(m, views) }, say("below")),
    );
  }
  bar.append(el("a", { class: "button", href: `/api/capture.pcapng?id=${m.id}`, download: true }, say("captureone")));
  if (m.command) {
    const copy = el("button", { id: "copy", title: m.command, onclick: () => copied(copy, m.command) }, say("copy", { Text: m.command.split(" ")[0] }));
    bar.append(copy);
  }
  return bar;
}

async function copied(button, command) {
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = say("copied");
  } catch {
    button.replaceWith(el("code", {}, command)); // the browser does not let us: it can be selected
  }
}

function choose(m, views, i) {
  text = null;
  views.replaceChildren(m.views[i] ? inspect(m.views[i]) : "");
}

// below shows the packets of a conversation.
async function below(m, views) {
  text = null;
  const packets = await get(`conversations/${m.conversation}/packets`).catch(fault);
  if (!packets) return;
  const table = el("table", { class: "packets" }, el("caption", {}, say("below")));
  const start = packets[0]?.t ?? 0;
  for (const p of packets) {
    table.append(el("tr", { class: p.l ? "lost" : "" },
      el("td", { class: "number" }, `${(p.t - start).toFixed(3)} ms`), el("td", {}, `${p.f} → ${p.o}`), el("td", {}, (p.l ? "✗ " : "") + p.s)));
  }
  views.replaceChildren(table);
}
