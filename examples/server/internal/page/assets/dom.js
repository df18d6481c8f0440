// The few things that the page does to its document. Texts only ever become text
// nodes, so nothing that the API says can turn into markup.

export const byID = id => document.getElementById(id);

// el makes an element. A property that begins with "on" listens, one that begins
// with "--" is a variable of the style sheet, and null, undefined and false leave
// things out.
export function el(tag, properties, ...children) {
  const node = tag === "svg" || tag === "path"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

// set gives an element an attribute, or takes it away if value is false.
export const set = (node, name, value) => value === false ? node.removeAttribute(name) : node.setAttribute(name, value);

const present = children => children.flat(2).filter(c => c !== null && c !== undefined && c !== false && c !== "");

const shown = new WeakMap();

// show fills a node with what build makes of value, if value is news. So what has
// not changed keeps its scroll position, and focus stays where it was.
export function show(node, value, build) {
  const text = JSON.stringify(value);
  if (shown.get(node) === text) return;
  shown.set(node, text);
  const held = node.contains(document.activeElement) ? document.activeElement.id : "";
  node.replaceChildren(...present([build(value)]));
  if (held) (byID(held) ?? byID("main")).focus({ preventScroll: true });
}

// say tells those who hear the page instead of seeing it.
export const say = text => { byID("said").textContent = text; };
