// What the page asks of the program that serves it.

import { lang } from "./words.js";

// get asks for JSON; what went wrong is thrown.
export async function get(path, query = {}) {
  const q = new URLSearchParams({ lang: lang(), ...query });
  return answer(await fetch(`/api/${path}?${q}`));
}

// post changes something.
export async function post(path, body) {
  return answer(await send(path, body));
}

// send is post without waiting for the whole answer.
export function send(path, body, signal) {
  return fetch(`/api/${path}?lang=${lang()}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal,
  });
}

async function answer(response) {
  const reply = await response.json().catch(() => ({ error: response.statusText }));
  if (!response.ok) throw new Error(reply.error);
  return reply;
}

// follow listens to the stream until it is closed. The browser reconnects by itself.
export function follow(query, on) {
  const source = new EventSource(`/api/stream?${new URLSearchParams(query)}`);
  for (const name of ["hello", "rows", "now", "demo", "stage"]) {
    source.addEventListener(name, (e) => on[name](JSON.parse(e.data)));
  }
  source.addEventListener("open", () => on.connected(true));
  source.addEventListener("error", () => {
    on.connected(false);
    if (source.readyState === EventSource.CLOSED) on.refused();
  });
  return source;
}
