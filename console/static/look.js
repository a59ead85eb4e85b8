// How the page looks: light or dark, small or large. The browser remembers it.

const sizes = [75, 87.5, 100, 112.5, 125, 150, 175, 200];

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // it may not remember
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* then it is forgotten */ }
}

let size = sizes.indexOf(Number(recall("size")));
if (size < 0) size = 2;

function resize(by) {
  size = Math.min(Math.max(size + by, 0), sizes.length - 1);
  document.documentElement.style.fontSize = `${sizes[size]}%`;
  remember("size", sizes[size]);
  window.dispatchEvent(new Event("resize"));
}

export function toggleTheme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  remember("theme", document.documentElement.dataset.theme);
}

export function look() {
  const theme = recall("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  resize(0);
  document.getElementById("smaller").addEventListener("click", () => resize(-1));
  document.getElementById("larger").addEventListener("click", () => resize(1));
  document.getElementById("theme").addEventListener("click", toggleTheme);
}
