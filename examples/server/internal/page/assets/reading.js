// What the API says, as the page shows it. Numbers come as JSON numbers or as
// decimal strings; what is absent is null and never 0.
import { path } from "/assets/words.js";

const number = x => x === null || x === undefined || x === "" || typeof x === "object" || !Number.isFinite(Number(x)) ? null : Number(x);
const list = x => Array.isArray(x) ? x : [];
const text = x => typeof x === "string" ? x.trim() : "";
const date = x => Number.isNaN(Date.parse(x)) ? null : new Date(x);

// reading turns the body of a translation into what is shown.
export function reading(body) {
  const liquidity = body.liquidity_profile ?? {};
  const mid = number(liquidity.mid_price);
  const routes = list(body.exit_recommendations).map(r => route(r, mid));
  return {
    isin: text(body.isin),
    at: date(body.as_of),
    terms: terms(body.bond_metadata),
    index: index(liquidity),
    spread: number(liquidity.spread_bps),
    mid,
    routes,
    best: routes.find(r => r.available) ?? null,
    risk: risk(body.risk_summary ?? {}),
    narrative: text(body.retail_narrative),
    summary: text(body.professional_summary),
    warnings: list(body.risk_warnings).map(text),
    caveats: list(body.caveats).map(text),
    confidence: number(body.confidence_overall),
    freshness: text(body.data_freshness),
    hash: text(body.inputs_hash),
    versions: Object.entries(body.model_versions ?? {}).map(([model, version]) => ({ model, version: text(version) })),
    origins: origins(body, liquidity),
  };
}

// origins says where the parts of a full body come from, those that come from the
// same place together.
function origins(body, liquidity) {
  const parts = [
    ["The bond", body.bond_metadata], ["Liquidity", liquidity], ["Market maker", liquidity.mm_state], ...list(body.exit_recommendations).map(r => [path(r.path), r]),
    ...list(body.risk_summary?.categories).map(c => [text(c.name), c]), ["All of it together", body],
  ];
  const groups = Map.groupBy(parts.filter(([, part]) => part?.source), ([, { source, as_of: at, citations, model_version: version }]) => JSON.stringify([source, at, citations, version]));
  return [...groups.values()].map(same => {
    const part = same[0][1];
    return {
      names: same.map(([name]) => name), source: text(part.source), kind: kindOf(text(part.source)),
      at: date(part.as_of), citations: list(part.citations).map(String), version: text(part.model_version),
    };
  });
}

// kindOf says whether a source reports facts. One that models says so in its name,
// perhaps of a part: "trade report (prices); modelled (depth)".
function kindOf(source) {
  if (source === "evenkeel") return "computed";
  const modelled = source.split(";").map(part => part.includes("modelled"));
  return modelled.every(Boolean) ? "modelled" : modelled.some(Boolean) ? "partly modelled" : "fact";
}

// terms are what a full body says of the bond itself, null in a summary.
function terms(bond) {
  return bond ? {
    rating: text(bond.rating), tenor: text(bond.tenor), issuer: text(bond.issuer_class),
    coupon: number(bond.coupon_rate), maturity: text(bond.maturity_date), kind: kindOf(text(bond.source)),
  } : null;
}

function index(liquidity) {
  const value = number(liquidity.liquidity_index);
  const level = text(liquidity.liquidity_level);
  const known = value !== null && level !== "insufficient";
  return {
    known,
    value: known ? Math.min(100, Math.max(0, value)) : null,
    level,
    missing: list(liquidity.missing).map(String),
    doubts: list(liquidity.doubts).map(String),
    components: list(liquidity.components).map(c => ({ name: text(c.name), score: number(c.score), weight: number(c.weight) })),
  };
}

// route reads one way out. A summary has no price.
function route(r, mid) {
  const priority = text(r.priority);
  const spread = number(r.expected_spread_bps);
  const net = number(r.net_price);
  return {
    path: text(r.path),
    priority,
    available: priority !== "unavailable",
    fill: { value: number(r.fill_probability), low: number(r.fill_probability_low), high: number(r.fill_probability_high), n: number(r.fill_probability_n) },
    minutes: number(r.expected_time_to_exit_minutes),
    p50: number(r.time_p50_minutes),
    p90: number(r.time_p90_minutes),
    basis: text(r.time_basis),
    net,
    cost: cost(net, mid, spread),
    atLeast: net === null || mid === null, // the cost is half the spread: the price itself may be worse
    constraints: list(r.constraints).map(String),
    refusals: list(r.refusals).map(x => ({ reason: text(x.reason), limit: number(x.limit) || null, text: text(x.text) })),
    most: number(r.max_size),
    opens: date(r.opens),
    worse: text(r.dominated_by),
  };
}

// cost is what leaving costs in bps below the mid price. Where a body has no prices,
// half the spread is the best that can be said.
function cost(net, mid, spread) {
  if (net !== null && mid !== null) return (mid - net) / mid * 1e4;
  return spread === null ? null : spread / 2;
}

// joint turns the body of a portfolio into what is shown.
export function joint(body) {
  const exit = body.joint_exit ?? {};
  return {
    days: number(exit.days), within: number(exit.horizon_days), value: number(exit.value), sold: number(exit.sold_value),
    cost: number(exit.cost), bps: number(exit.cost_bps),
    narrative: text(body.retail_narrative),
    tight: list(body.bottlenecks).map(b => ({ isin: text(b.isin), reason: text(b.reason), text: text(b.text) })),
    ways: list(body.routes).map(w => ({ path: text(w.path), share: number(w.share), cost: number(w.cost) })),
    positions: list(body.positions).map(p => ({ isin: text(p.isin), days: number(p.days), left: number(p.left), cost: number(p.cost), bps: number(p.cost_bps) })),
    schedule: list(body.schedule).map(s => ({ day: number(s.day), isin: text(s.isin), path: text(s.path), size: number(s.trade_size), bps: number(s.cost_bps), cost: number(s.cost) })),
    sales: number(body.schedule_length),
  };
}

const risk = r => ({
  score: number(r.overall_score),
  level: text(r.level),
  low: number(r.overall_range?.low),
  high: number(r.overall_range?.high),
  confidence: number(r.confidence),
  missing: list(r.missing).map(String),
  categories: list(r.categories).map(c => ({
    name: text(c.name), score: number(c.score_0_100), level: text(c.level), note: text(c.probability_note),
  })),
});

