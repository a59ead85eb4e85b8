// The elements of the map's picture.

const SVG = "http://www.w3.org/2000/svg";

export function s(name, attributes = {}, ...children) {
  const e = document.createElementNS(SVG, name);
  for (const [k, v] of Object.entries(attributes)) if (v !== null) e.setAttribute(k, v);
  e.append(...children);
  return e;
}
