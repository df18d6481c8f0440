// One bond: what is shown of a reading of it.
import { byID, el, show } from "/assets/dom.js";
import * as words from "/assets/words.js";

// money is what a cost in bps comes to; prices are per 100 of face value.
export const money = (size, mid, bps) => bps === null || mid === null ? null : size * mid / 100 * bps / 1e4;

// draw shows a reading for a sale of size. fits is a smaller size that has a way out,
// null if none is known; behind is of when the words are, null if they are of the same
// time as the numbers; ask is called with a size that the visitor would rather ask for.
export function draw(r, { size, full, fits, behind, ask }) {
  byID("bond-title").textContent = r.isin;
  byID("terms").hidden = r.terms === null;
  show(byID("terms"), r.terms, () => terms(r.terms));
  show(byID("badges"), [r.at, r.freshness, r.confidence], () => badges(r));
  show(byID("verdict"), [r.index.known, r.routes, r.mid, size], () => verdict(r, size));
  show(byID("warnings"), r.warnings, () => r.warnings.map(w => el("li", null, w)));
  show(byID("gauge"), r.index, () => gauge(r.index));
  show(byID("components"), r.index, () => components(r.index));
  show(byID("words"), [r.narrative, r.summary], () => prose(r));
  for (const id of ["words", "caveats"]) {
    byID(id + "-behind").hidden = behind === null;
    show(byID(id + "-behind"), behind, () => `As of ${words.clock(behind)}, before the newest numbers`);
  }
  show(byID("routes"), [r.routes, r.mid, size, full, fits], () => routes(r, size, full, fits, ask));
  show(byID("categories"), r.risk, () => categories(r.risk));
  byID("cost-note").textContent = r.best?.atLeast ? "Your access shows no prices: cost is half the quoted spread, at least." : "";
  byID("sources").hidden = !full;
  show(byID("origins"), [r.origins, r.hash, r.versions, behind], () => sources(r, behind));
  show(byID("caveats"), r.caveats, () => caveats(r.caveats));
}

const badges = r => [
  el("li", null, "As of ", el("time", { datetime: r.at?.toISOString() }, words.clock(r.at))),
  r.freshness && el("li", { class: ["stale", "outdated"].includes(r.freshness) && "bad" }, "Data ", words.age(r.freshness)),
  r.confidence !== null && el("li", null, "Confidence ", words.percent(r.confidence)),
];

// terms are what the bond is, as far as that is known.
function terms(t) {
  if (t === null) return [];
  const known = [
    t.rating && `Rated ${t.rating}`, t.tenor && `term ${t.tenor}`, t.issuer && `issuer: ${words.plain(t.issuer)}`,
    t.coupon > 0 && `coupon ${words.amount(t.coupon)}%`, t.maturity && `matures ${t.maturity}`,
  ].filter(Boolean);
  return known.length === 0 ? "Nothing is known of its rating, term or issuer." : known.join(" · ") + (t.kind === "fact" ? "" : ` (${t.kind})`);
}

// verdict is the answer in a sentence or two.
function verdict(r, size) {
  if (!r.best) {
    const most = largest(r.routes, size);
    return [el("strong", null, `There is no way out for ${words.amount(size)} right now.`),
      most && ` ${words.path(most.path)} would take up to ${words.amount(most.most)}.`];
  }
  const { path, fill, cost } = r.best;
  const paid = money(size, r.mid, cost);
  return [
    "Best way out for ", words.amount(size), ": ", el("strong", null, words.within(words.path(path))), ". ",
    fill.value !== null && `It works ${words.percent(fill.value)} of the time. `,
    time(r.best), " ",
    cost !== null && `It costs ${r.best.atLeast ? "at least" : "about"} ${words.bps(cost)}${paid === null ? "" : ", " + words.whole(paid) + " in cash"}.`,
  ];
}

const largest = (routes, size) => routes.filter(x => x.most > 0 && x.most < size).sort((a, b) => b.most - a.most)[0] ?? null;

function time({ p50, p90, minutes }) {
  if (p50 !== null && p90 !== null) return `Half of such sales are done within ${words.span(p50)}, nine in ten within ${words.span(p90)}.`;
  return minutes === null ? "" : `It takes about ${words.span(minutes)}.`;
}

// gauge is half a circle from 0 to 100, the bounds of its levels marked.
function gauge(index) {
  const arc = (className, more) => el("path", { d: "M12 62 A50 50 0 0 1 112 62", class: className, pathLength: 100, ...more });
  const name = index.known ? words.capital(index.level) : "Not enough data";
  return [
    el("div", {
      class: "gauge " + (index.known ? index.level : "unknown"), role: "meter", "aria-label": "Liquidity index",
      "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": index.value, "aria-valuetext": index.known ? `${words.score(index.value)} of 100, ${name}` : name,
    },
    el("svg", { viewBox: "0 0 124 72", "aria-hidden": "true" },
      arc("track"),
      index.known && arc("value", { "stroke-dasharray": `${index.value} 100` }),
      [20, 40, 60, 80].map(at => arc("bound", { "stroke-dasharray": `0 ${at - .4} .8 200` }))),
    el("b", { id: "index-value" }, index.known ? words.score(index.value) : "?"),
    el("span", { id: "index-level" }, name)),
    el("p", null, index.known ? words.level(index.level)
      : "Too little is known of this bond to say how liquid it is. That is not the same as “moderate”: treat it as hard to sell."),
    index.missing.length > 0 && el("p", { class: "soft" }, "Missing: " + index.missing.map(words.plain).join(", ") + "."),
    index.doubts.map(d => el("p", { class: "soft" }, words.doubt(d))),
  ];
}

function components(index) {
  if (index.components.length === 0) return [];
  return el("dl", { class: "bars" }, index.components.map(c => {
    const added = c.name.endsWith("adjustment");
    return el("div", null,
      el("dt", null, words.capital(words.plain(c.name)).replace("Mm ", "Market maker "), !added && c.weight !== null && el("small", null, ` weight ${words.percent(c.weight)}`)),
      el("dd", null, bar(added ? null : c.score), added && c.score > 0 ? "+" + words.score(c.score) : words.score(c.score)));
  }));
}

const bar = score => el("span", { class: score === null ? "bar none" : "bar", "aria-hidden": "true", "--at": (score ?? 0) + "%" });

// prose shows a narrative: paragraphs, with lines that begin with a bullet as a list.
export function prose(r) {
  const blocks = r.narrative.split(/\n\s*\n/).map(b => b.split("\n").map(l => l.trim()).filter(Boolean)).filter(b => b.length > 0);
  return [
    blocks.map(lines => {
      const points = lines.filter(l => l.startsWith("•") || l.startsWith("- "));
      const rest = lines.filter(l => !points.includes(l)).join(" ");
      return [rest && el("p", null, rest), points.length > 0 && el("ul", null, points.map(l => el("li", null, l.replace(/^[•-]\s*/, ""))))];
    }).flat(),
    r.summary && el("details", null, el("summary", null, "For professionals"), el("pre", { class: "summary" }, r.summary)),
    blocks.length === 0 && !r.summary && el("p", { class: "soft" }, "There is no summary in words for your access."),
  ];
}

function routes(r, size, full, fits, ask) {
  const open = r.routes.filter(x => x.available), closed = r.routes.filter(x => !x.available);
  return [
    open.length === 0 && el("div", { class: "panel noway", id: "noway" },
      el("h3", null, "No way out at this size, right now"),
      el("p", null, closed.length > 0 ? "All ways are closed; each says why below." : "No way is open.", " A smaller sale, or a later window, may pass."),
      fits !== null && el("p", null, `There is one for ${words.amount(fits)}. `, offer("fits", fits, ask))),
    el("ol", { class: "routes" }, open.map((x, i) => route(x, i + 1, r.mid, size)), closed.map(x => shut(x, size, ask))),
    !full && el("p", { class: "soft" }, "A summary has no prices. What you would get by each way, and when windows open, is in the full detail."),
  ];
}

const offer = (name, size, ask) => el("button", { type: "button", id: "ask-" + name, onclick: () => ask(size) }, "Show for ", words.amount(size));

const rank = ["", "Best", "Second"];

function route(x, place, mid, size) {
  const paid = money(size, mid, x.cost);
  return el("li", { class: "route", "data-path": x.path },
    el("div", { class: "name" },
      el("span", { class: place === 1 ? "rank first" : "rank" }, rank[place] ?? "Fallback"), el("h3", null, words.path(x.path)), el("p", null, words.meaning(x.path))),
    el("dl", null,
      fact("Works", words.percent(x.fill.value), interval(x.fill)),
      x.p50 !== null
        ? fact("Time", words.span(x.p50), `in half of all cases; nine in ten ${x.p90 === null ? "take longer than can be said" : "within " + words.span(x.p90)}${x.basis ? ", " + x.basis : ""}`)
        : fact("Time", words.span(x.minutes), "expected"),
      x.net !== null && fact("You get", words.price(x.net), "per 100 of face value"),
      fact("Cost", words.bps(x.cost), x.atLeast ? "at least: half the quoted spread" : paid === null ? "below the mid price" : `about ${words.whole(paid)} in cash`)),
    notes(x));
}

const fact = (name, value, more) => el("div", null, el("dt", null, name), el("dd", null, el("b", null, value), el("small", null, more)));

function interval({ value, low, high, n }) {
  if (value === null) return "not said";
  const known = low !== null && high !== null;
  return [
    el("span", { class: "range", "aria-hidden": "true", "--low": (low ?? value) * 100 + "%", "--high": (high ?? value) * 100 + "%", "--at": value * 100 + "%" }),
    known ? `90% sure: ${words.percent(low)} to ${words.percent(high)}` : "no interval yet",
    n > 0 && `, from ${words.whole(n)} past sales`,
  ];
}

function notes(x) {
  const all = [
    x.opens && `The window opens ${words.moment(x.opens)}.`, ...x.constraints.map(words.constraint),
    x.worse && `${words.path(x.worse)} is at least as good in everything.`,
  ].filter(Boolean);
  return all.length > 0 && el("ul", { class: "notes" }, all.map(t => el("li", null, t)));
}

// shut is a way that is closed, and what would open it.
const shut = (x, size, ask) => el("li", { class: "route shut", "data-path": x.path },
  el("div", { class: "name" }, el("span", { class: "rank" }, "Closed"), el("h3", null, words.path(x.path)), el("p", null, words.meaning(x.path))),
  el("div", { class: "why" },
    el("ul", null, x.refusals.length > 0 ? x.refusals.map(w => el("li", null, words.refusal(w))) : el("li", null, "No reason is given.")),
    x.opens && el("p", null, `Its next window opens ${words.moment(x.opens)}.`),
    x.most > 0 && x.most < size && el("p", null, `The most that would pass is ${words.amount(x.most)}. `, offer(x.path, x.most, ask)),
    x.most === 0 && el("p", null, "No size would pass now.")));

function categories(risk) {
  return [
    risk.score === null ? el("p", null, "Too little is known for an overall score.") : overall(risk),
    risk.missing.length > 0 && el("p", { class: "soft" }, "Not known: " + risk.missing.map(words.plain).join(", ") + "."),
    risk.categories.length > 0 && el("dl", { class: "bars risks" }, risk.categories.map(c => el("div", { class: c.level },
      el("dt", null, c.name, c.note && el("small", null, c.note)),
      el("dd", null, bar(c.score), words.score(c.score), el("span", { class: "word" }, c.score === null ? "not known" : c.level))))),
  ];
}

const overall = ({ score, low, high, level, confidence }) => el("p", null,
  "Overall ", el("b", null, words.score(score)), " of 100",
  low !== null && high !== null && ` (between ${words.score(low)} and ${words.score(high)})`, level && `, ${level}`,
  confidence !== null && `, with a confidence of ${words.percent(confidence)}`, ". More is riskier.");

function sources(r, behind) {
  const head = ["What", "Kind", "Source", "As of", "Model"];
  return [
    el("p", { class: "soft" }, "Facts are as their source reported them. What is modelled or computed comes from facts and from parameters, which are judgement."),
    r.origins.length > 0 && el("div", { class: "scroll", role: "region", "aria-labelledby": "sources-title", tabindex: 0 }, el("table", { class: "texts" },
      el("thead", null, el("tr", null, head.map(h => el("th", { scope: "col" }, h)))),
      el("tbody", null, r.origins.map(o => el("tr", null,
        el("th", { scope: "row" }, o.names.map(n => el("div", null, n))), el("td", null, el("span", { class: "kind " + o.kind }, o.kind)),
        el("td", null, o.source, o.citations.map(c => el("small", null, c))), el("td", null, words.moment(o.at)), el("td", null, o.version)))))),
    r.hash && el("p", { class: "soft" }, behind === null ? "All inputs together have the hash " : `At ${words.clock(behind)}, all inputs together had the hash `, el("code", null, r.hash), "."),
    r.versions.length > 0 && el("p", { class: "soft" }, "Models: " + r.versions.map(v => `${words.plain(v.model)} ${v.version}`).join(", ") + "."),
  ];
}

const caveats = all => el("ul", null, (all.length > 0 ? all : ["These numbers inform; they do not advise you to trade."]).map(c => el("li", null, c)));
