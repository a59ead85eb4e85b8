// A conversation as text: what the client says in one colour, the server in another.

import { el, say } from "./words.js";
import { get } from "./api.js";

// conversation shows one in an element; its again() reads it once more.
export function conversation(id, into) {
  const text = el("div", { class: "dialogue", tabindex: 0, role: "log", "aria-label": say("follow") });
  const legend = el("p", { class: "legend" });
  into.replaceChildren(legend, text);
  let asked = false;
  let more = false;
  const again = async () => {
    more = asked;
    if (asked) return;
    asked = true;
    const c = await get(`conversations/${id}`).catch(() => null);
    asked = false;
    if (!c || !text.isConnected) return;
    const end = text.children.length > 0 && text.scrollHeight - text.scrollTop - text.clientHeight < 20;
    legend.replaceChildren(
      el("span", { class: "client" }, say("client", { Host: c.client })), " ", el("span", { class: "server" }, say("server", { Host: c.server })));
    text.replaceChildren(...c.parts.map((p) => el("span", { class: p.server ? "server" : "client" }, p.text.endsWith("\n") ? p.text : `${p.text}\n`)));
    if (c.cut) text.prepend(el("p", { class: "where" }, say("cut")));
    if (end) text.scrollTop = text.scrollHeight;
    if (more) again();
  };
  again();
  return { id, again };
}
