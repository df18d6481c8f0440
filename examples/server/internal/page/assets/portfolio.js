// Several bonds, each left by its best way, all begun at once.
import { ask, excuse } from "/assets/api.js";
import { money } from "/assets/bond.js";
import { byID, el, say, show } from "/assets/dom.js";
import { reading } from "/assets/reading.js";
import * as words from "/assets/words.js";

const every = 30_000; // ms between answers that are asked for again

// newPortfolio returns what shows positions, [{ isin, size }]. remove is called with
// the ISIN of one that the visitor takes out; link returns the address of one.
export function newPortfolio(on) {
  let asking = new AbortController(), timer;

  async function watch(held, full) {
    stop();
    const { signal } = asking = new AbortController();
    const rows = held.map(h => ({ ...h, state: "asking" }));
    render(rows, on);
    for (const row of rows) { // one at a time: a server has limits
      try {
        Object.assign(row, position(reading(await ask(row.isin, row.size, full, signal)), row.size));
      } catch (refused) {
        if (signal.aborted) return;
        Object.assign(row, { state: "failed", why: excuse(refused, row.isin)[0] });
      }
    }
    if (signal.aborted) return;
    render(rows, on);
    if (held.length > 0) timer = setTimeout(watch, every, held, full);
  }
  function stop() {
    clearTimeout(timer);
    asking.abort();
  }
  return { watch, stop };
}

const position = ({ best, mid, index }, size) => ({
  state: best ? "out" : "stuck", level: index.known ? index.level : "not enough data",
  paid: best && money(size, mid, best.cost), cost: best?.cost ?? null, atLeast: best?.atLeast,
  path: best?.path, fill: best?.fill.value, p50: best?.p50 ?? best?.minutes ?? null, p90: best?.p90 ?? null,
});

// order is that in which they are expected to be out; those without a way are last.
const order = rows => rows.toSorted((a, b) => (a.state !== "out") - (b.state !== "out") || (a.p50 ?? Infinity) - (b.p50 ?? Infinity));

let spoken = "";

function render(rows, on) {
  const done = rows.every(r => r.state !== "asking");
  const list = byID("positions"), totals = byID("totals");
  list.setAttribute("aria-busy", !done);
  if (!done && sameHeld(rows)) return; // what is there is better than nothing
  show(totals, rows, () => rows.length > 0 && cards(sum(rows), rows.length, done));
  show(list, rows, () => rows.length === 0 ? empty() : table(done ? order(rows) : rows, on));
  list.dataset.held = heldIn(rows);
  const text = done && rows.length > 0 ? `Portfolio: ${sum(rows).out} of ${rows.length} positions have a way out.` : "";
  if (text && text !== spoken) say(spoken = text);
}

const heldIn = rows => rows.map(r => r.isin + ":" + r.size).sort().join();
const sameHeld = rows => byID("positions").dataset.held === heldIn(rows);

function sum(rows) {
  const out = rows.filter(r => r.state === "out");
  const known = (name, total) => out.length === 0 || out.some(r => r[name] === null) ? null : total();
  const add = of => out.reduce((total, r) => total + of(r), 0);
  const slowest = name => known(name, () => Math.max(...out.map(r => r[name])));
  return {
    out: out.length,
    paid: known("paid", () => add(r => r.paid)),
    cost: known("cost", () => add(r => r.size * r.cost) / add(r => r.size)),
    atLeast: out.some(r => r.atLeast),
    p50: slowest("p50"), p90: slowest("p90"),
  };
}

function cards(s, count, done) {
  if (!done) return [card("Total cost", "…", "asking"), card("All sold", "…", "asking"), card("With a way out", "…", "asking")];
  return [
    s.paid === null
      ? card("Total cost", words.bps(s.cost), s.cost === null ? "nothing can be sold" : "at least, of the face value: half the quoted spreads")
      : card("Total cost", words.whole(s.paid), `in cash, ${words.bps(s.cost)} of the face value`),
    card("All sold", s.p90 === null ? words.span(s.p50) : words.span(s.p90), s.p90 === null ? "expected for the slowest" : `nine in ten; the slowest position takes ${words.span(s.p50)} in half of all cases`),
    card("With a way out", `${s.out} of ${count}`, s.out === count ? "positions" : "positions; the others stay"),
  ];
}

const card = (name, value, more) => el("div", { class: "card" }, el("span", null, name), el("b", null, value), el("span", null, more));

const empty = () => el("div", { class: "panel noway" }, el("h2", null, "Nothing here yet"),
  el("p", null, "Add a bond and how much of it you hold. You will see what it costs to leave them all, how long it takes, and which is out first."));

const table = (rows, on) => [
  el("ol", { class: "routes held" }, rows.map(r => row(r, rows, on))),
  el("p", { class: "soft" }, "In the order in which they are expected to be sold. Each position goes by its own best way, and all begin now. Costs are added up one by one: what several sales to the same buyers do to each other is not in them."),
];

function row(r, rows, on) {
  const dearest = Math.max(...rows.map(weight));
  return el("li", { class: r.state === "out" || r.state === "asking" ? "route" : "route shut", "data-isin": r.isin },
    el("div", { class: "name" },
      el("h3", null, el("a", { href: on.link(r) }, r.isin)),
      el("p", null, words.amount(r.size), " face value", r.level && ` · ${r.level}`),
      el("button", { type: "button", class: "quiet", id: "remove-" + r.isin, "aria-label": "Remove " + r.isin, onclick: () => on.remove(r.isin) }, "Remove")),
    details(r, dearest));
}

// weight is how long the bar of a cost is.
const weight = r => Math.max(0, (r.cost ?? 0) * r.size);

function details(r, dearest) {
  if (r.state === "asking") return el("p", { class: "soft" }, "Asking…");
  if (r.state === "failed") return el("p", { class: "why" }, r.why + ".");
  if (r.state === "stuck") return el("p", { class: "why" }, "No way out at this size right now: it stays.");
  const fact = (name, value, ...more) => el("div", null, el("dt", null, name), el("dd", null, el("b", null, value), more));
  return el("dl", null,
    fact("Way out", words.path(r.path)),
    fact("Works", words.percent(r.fill)),
    fact("Time", words.span(r.p50), el("small", null, r.p90 === null ? "expected" : `nine in ten within ${words.span(r.p90)}`)),
    fact("Cost", r.paid === null ? words.bps(r.cost) : words.whole(r.paid), el("small", null, r.atLeast ? "at least: half the quoted spread" : words.bps(r.cost) + " below the mid price"),
      el("span", { class: "bar", "aria-hidden": "true", "--at": (dearest > 0 ? weight(r) / dearest * 100 : 0) + "%" })));
}
