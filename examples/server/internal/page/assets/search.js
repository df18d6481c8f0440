// The field for an ISIN, with the bonds that can be picked: the combobox of the ARIA
// authoring practices.
import { byID, el, show } from "/assets/dom.js";

const mostFound = 60;

// newSearch makes the combobox over the rows of the table of bonds. pick is called
// with the ISIN of a bond that is picked.
export function newSearch(pick) {
  const input = byID("isin"), found = byID("found");
  const bonds = [...document.querySelectorAll("#bonds tbody tr")].map(row => [...row.cells].map(c => c.textContent.trim()));
  let active = -1, matches = [];

  function open() {
    const typed = input.value.trim().toUpperCase();
    matches = bonds.filter(([isin]) => isin.includes(typed)).slice(0, mostFound);
    active = -1;
    show(found, matches, () => matches.map(([isin, last, yielded], i) => el("li", { role: "option", id: "found-" + i, "aria-selected": "false" },
      el("b", null, isin), el("span", null, `last ${last}, ${yielded}%`))));
    expand(matches.length > 0 && !(matches.length === 1 && matches[0][0] === typed));
  }
  function expand(yes) {
    found.hidden = !yes;
    input.setAttribute("aria-expanded", yes);
    if (!yes) mark(-1);
  }
  function mark(i) {
    active = i;
    [...found.children].forEach((option, k) => option.setAttribute("aria-selected", k === i));
    if (i < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", "found-" + i);
    found.children[i]?.scrollIntoView({ block: "nearest" });
  }
  function take(i) {
    input.value = matches[i][0];
    expand(false);
    pick(input.value);
  }

  input.addEventListener("input", open);
  input.addEventListener("click", open);
  input.addEventListener("blur", () => expand(false));
  input.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (found.hidden) open();
      if (!found.hidden) mark((active + step + matches.length + (active < 0 && step < 0 ? 1 : 0)) % matches.length);
    } else if (event.key === "Enter" && active >= 0) take(active);
    else if (event.key === "Escape" && !found.hidden) expand(false);
    else return;
    event.preventDefault();
  });
  found.addEventListener("pointerdown", event => event.preventDefault()); // keeps the focus in the field
  found.addEventListener("click", event => {
    const option = event.target.closest("li");
    if (option) take([...found.children].indexOf(option));
  });
}
