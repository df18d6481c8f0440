// Several bonds: what it takes to leave them all, and each of them alone.
import { ask, askTogether, excuse } from "/assets/api.js";
import { money, prose } from "/assets/bond.js";
import { byID, el, say, show } from "/assets/dom.js";
import { joint, reading } from "/assets/reading.js";
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
    render(rows, null, on);
    for (const row of rows) { // one at a time: a server has limits
      try {
        Object.assign(row, position(reading(await ask(row.isin, row.size, full, signal)), row.size));
      } catch (refused) {
        if (signal.aborted) return;
        Object.assign(row, { state: "failed", why: excuse(refused, row.isin)[0] });
      }
    }
    const all = await together(rows.filter(r => r.state !== "failed"), full, signal);
    if (signal.aborted) return;
    render(rows, all, on);
    if (held.length > 0) timer = setTimeout(watch, every, held, full);
  }
  function stop() {
    clearTimeout(timer);
    asking.abort();
  }
  return { watch, stop };
}

// together asks for the positions of which something is known: why is there if there
// is no answer.
async function together(known, full, signal) {
  if (known.length === 0) return { why: "Nothing is known of what you hold" };
  try {
    return joint(await askTogether(known, full, signal));
  } catch (refused) {
    if (refused.status === undefined && !signal.aborted) throw refused; // ours, not the server's
    return { why: excuse(refused, "a bond in it")[0] };
  }
}

const position = ({ best, mid, index }, size) => ({
  state: best ? "out" : "stuck", level: index.known ? index.level : "not enough data",
  paid: best && money(size, mid, best.cost), cost: best?.cost ?? null, atLeast: best?.atLeast,
  path: best?.path, fill: best?.fill.value, p50: best?.p50 ?? best?.minutes ?? null, p90: best?.p90 ?? null,
});

// order is that in which they are expected to be out; those without a way are last.
const order = rows => rows.toSorted((a, b) => (a.state !== "out") - (b.state !== "out") || (a.p50 ?? Infinity) - (b.p50 ?? Infinity));

let spoken = "";

function render(rows, all, on) {
  const done = rows.every(r => r.state !== "asking");
  const list = byID("positions");
  list.setAttribute("aria-busy", !done);
  if (!done && sameHeld(rows)) return; // what is there is better than nothing
  byID("together").hidden = byID("held-title").hidden = rows.length === 0;
  show(byID("totals"), [rows, all], () => rows.length > 0 && cards(rows, all));
  show(byID("joint-words"), all, () => all?.narrative ? prose({ narrative: lead(all.narrative) }) : waits(all));
  show(byID("joint-tight"), all, () => all?.ways ? tight(all) : waits(all));
  show(byID("joint-plan"), all, () => all?.schedule?.length > 0 && plan(all));
  show(list, rows, () => rows.length === 0 ? empty() : table(done ? order(rows) : rows, on));
  list.dataset.held = heldIn(rows);
  const out = rows.filter(r => r.state === "out").length;
  const text = done && rows.length > 0 ? `Portfolio: ${out} of ${rows.length} positions have a way out. ${verdict(all)}` : "";
  if (text && text !== spoken) say(spoken = text);
}

const heldIn = rows => rows.map(r => r.isin + ":" + r.size).sort().join();
const sameHeld = rows => byID("positions").dataset.held === heldIn(rows);

// lead leaves out of a narrative what stands beside it.
const lead = narrative => narrative.split(/\n\s*\n/).filter(b => !b.startsWith("What holds you up") && !b.startsWith("How it is sold")).join("\n\n");

const waits = all => el("p", { class: "soft" }, all?.why ? all.why + "." : "Asking…");

function verdict({ why, days, within }) {
  if (why) return "Together: " + why + ".";
  return days === null ? `All together they are not sold within ${words.days(within)}.` : `All together they are sold within ${words.days(days)}.`;
}

function cards(rows, all) {
  const out = rows.filter(r => r.state === "out").length, known = all?.days !== undefined;
  const dash = all === null ? "…" : "–", soft = all === null ? "asking" : "not known";
  return [
    !known ? card("All sold", dash, soft)
      : all.days === null ? card("All sold", "Not in time", `${words.percent(all.sold / all.value)} of the value within ${words.days(all.within)}`)
        : card("All sold", "In " + words.days(all.days), "makers and auctions shared, the riskiest first"),
    !known ? card("Total cost", dash, soft)
      : card("Total cost", words.whole(all.cost), all.bps === null ? "nothing can be sold" : `in cash, ${words.bps(all.bps)} of what is sold`),
    card("With a way out alone", rows.some(r => r.state === "asking") ? "…" : `${out} of ${rows.length}`, out === rows.length ? "positions" : "positions at their full size"),
  ];
}

const card = (name, value, more) => el("div", { class: "card" }, el("span", null, name), el("b", null, value), el("span", null, more));

function tight({ tight: bottlenecks, ways }) {
  return [
    bottlenecks.length === 0 && el("p", null, "Nothing: all of it can be sold on the first day."),
    bottlenecks.length > 0 && el("ol", { class: "tight" }, bottlenecks.map(b => el("li", { "data-reason": b.reason }, b.text))),
    ways.length > 0 && el("dl", { class: "bars" }, ways.map(w => el("div", { class: "k-" + w.path },
      el("dt", null, words.path(w.path)),
      el("dd", null, el("span", { class: "bar", "aria-hidden": "true", "--at": w.share * 100 + "%" }), words.percent(w.share))))),
  ];
}

const mostSales = 200; // that are shown

function plan({ schedule, sales }) {
  const head = ["Day", "Bond", "Way out", "Face value", "Cost", "In cash"];
  return el("details", null, el("summary", null, `The plan, sale by sale (${words.whole(sales)})`),
    el("div", { class: "scroll tall", role: "region", "aria-label": "The plan", tabindex: 0 }, el("table", { class: "plan" },
      el("thead", null, el("tr", null, head.map(h => el("th", { scope: "col" }, h)))),
      el("tbody", null, schedule.slice(0, mostSales).map(s => el("tr", null,
        el("th", { scope: "row" }, s.day), el("td", null, s.isin), el("td", null, words.path(s.path)), el("td", null, words.amount(s.size)), el("td", null, words.bps(s.bps)), el("td", null, words.whole(s.cost))))))),
    sales > mostSales && el("p", { class: "soft" }, `The first ${mostSales}.`));
}

const empty = () => el("div", { class: "panel noway" }, el("h2", null, "Nothing here yet"),
  el("p", null, "Add a bond and how much of it you hold. You will see what it costs to leave them all, how long it takes, and what holds you up."));

const table = (rows, on) => [
  el("ol", { class: "routes held" }, rows.map(r => row(r, rows, on))),
  el("p", { class: "soft" }, "In the order in which they are expected to be sold, each by its own best way as if it were the only one. What several sales to the same buyers do to each other is in the plan above."),
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
