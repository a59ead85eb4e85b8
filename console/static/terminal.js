// A command line on a host: our clients, as `wirebook exec HOST` runs them.

import { el, say, onLanguage } from "./words.js";
import { get, send, post } from "./api.js";

const section = document.getElementById("terminal");
const MAX = 2000; // lines that are kept
const history = [];
let back = 0; // how far back in it
let running = null;

export function begin() {
  const hosts = el("select", { id: "on" });
  const input = el("input", { type: "text", id: "command", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "dns www.example.com" });
  const run = el("button", { class: "strong", type: "submit" });
  const stop = el("button", { type: "button", hidden: true, onclick: () => running?.abort() });
  const same = el("code", { id: "same" });
  const sameLabel = el("span", { class: "where" });
  const help = el("p", { class: "where" });
  const words = el("p", { class: "buttons", id: "completions", role: "status" });
  const out = el("pre", { id: "output", tabindex: 0, role: "log" });
  const onLabel = el("label", { for: "on" });
  const commandLabel = el("label", { for: "command" });
  const form = el("form", { class: "buttons" }, onLabel, hosts, commandLabel, input, run, stop);
  section.replaceChildren(form, el("p", {}, sameLabel, " ", same), words, help, out);

  const label = () => {
    onLabel.textContent = say("on");
    commandLabel.textContent = say("command");
    run.textContent = say("command.run");
    stop.textContent = say("command.stop");
    sameLabel.textContent = say("command.same");
    help.textContent = say("command.help");
    out.setAttribute("aria-label", say("terminal"));
  };
  label();
  onLanguage(label);
  const tell = () => { same.textContent = `wirebook exec ${hosts.value} ${input.value}`; };
  input.addEventListener("input", tell);
  hosts.addEventListener("change", tell);
  input.addEventListener("keydown", (e) => {
    if (e.key === "Tab" && !e.shiftKey && input.value) {
      e.preventDefault();
      complete(hosts.value, input, words).then(tell);
    } else if (e.key === "ArrowUp" || e.key === "ArrowDown") {
      e.preventDefault();
      back = Math.min(Math.max(back + (e.key === "ArrowUp" ? 1 : -1), 0), history.length);
      input.value = back ? history[history.length - back] : "";
      tell();
    } else if (e.key === "c" && e.ctrlKey && running && input.selectionStart === input.selectionEnd) running.abort();
  });
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const line = input.value.trim();
    if (!line || running) return;
    history.push(line);
    back = 0;
    input.value = "";
    words.replaceChildren();
    stop.hidden = false;
    write(out, `${hosts.value}$ ${line}\n`, "typed");
    await execute(hosts.value, line, out);
    stop.hidden = true;
    input.focus();
  });
  return {
    async shown(is) {
      if (!is) return;
      const world = await get("map").catch(() => ({ nodes: [] }));
      const now = hosts.value || "alice";
      hosts.replaceChildren(...world.nodes.filter((n) => n.kind === "host" || n.kind === "router").map((n) => el("option", {}, n.name)));
      hosts.value = now;
      if (!hosts.value) hosts.selectedIndex = 0;
      tell();
      input.focus();
    },
  };
}

// execute runs a line, and writes what it says as it says it.
async function execute(host, line, out) {
  running = new AbortController();
  try {
    const response = await send(`run/${encodeURIComponent(host)}`, { line }, running.signal);
    if (!response.ok) throw new Error((await response.json()).error);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const text of lines) {
        const o = JSON.parse(text);
        if (o.out) write(out, o.out, "out");
        if (o.err) write(out, o.err, "err");
        if (o.cut) write(out, `\n${say("command.cut")}\n`, "exit");
        if (o.exit) write(out, `${say("command.exit", { Number: o.exit })}\n`, "exit");
      }
    }
  } catch (e) {
    write(out, e.name === "AbortError" ? "^C\n" : `${e.message}\n`, "err");
  }
  running = null;
}

function write(out, text, kind) {
  const end = out.scrollHeight - out.scrollTop - out.clientHeight < 30;
  out.append(el("span", { class: kind }, text));
  while (out.childNodes.length > MAX) out.firstChild.remove();
  if (end) out.scrollTop = out.scrollHeight;
}

// complete writes the word that was begun to its end, as far as there is no doubt.
async function complete(host, input, words) {
  const line = input.value;
  const found = await post(`complete/${encodeURIComponent(host)}`, { line }).catch(() => []);
  if (line !== input.value) return;
  words.replaceChildren();
  if (!found.length) return;
  const start = line.length - (line.match(/\S*$/)[0].length);
  let common = found[0].word;
  for (const f of found) while (!f.word.startsWith(common)) common = common.slice(0, -1);
  if (line.slice(start).length <= common.length) input.value = line.slice(0, start) + common + (found.length === 1 ? " " : "");
  if (found.length === 1) return;
  words.append(...found.slice(0, 30).map((f) => el("button", {
    type: "button", title: f.text, onclick: () => { input.value = `${line.slice(0, start)}${f.word} `; words.replaceChildren(); input.focus(); },
  }, f.word)));
}
