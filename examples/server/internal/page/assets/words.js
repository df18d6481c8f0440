// Numbers and names as people say them. What is unknown is null and reads as a dash.

const dash = "–";
const spoken = (x, options) => x.toLocaleString("en", options);
const fixed = digits => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

export const amount = x => x === null ? dash : spoken(x, { maximumFractionDigits: 2 });
export const whole = x => x === null ? dash : spoken(x, { maximumFractionDigits: 0 });
export const price = x => x === null ? dash : spoken(x, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
export const score = x => x === null ? dash : spoken(x, fixed(1));
export const bps = x => x === null ? dash : spoken(x, fixed(1)) + " bps";
export const percent = x => x === null ? dash : Math.round(x * 100) + "%";
export const compact = x => spoken(x, { notation: "compact", maximumFractionDigits: 1 });

// span writes minutes: "15 min", "2 h 30 min", "3 days".
export function span(minutes) {
  if (minutes === null) return dash;
  const m = Math.round(minutes);
  if (m < 1) return "at once";
  if (m < 120) return m + " min";
  if (m < 48 * 60) return Math.floor(m / 60) + " h" + (m % 60 ? " " + m % 60 + " min" : "");
  return score(m / 1440).replace(/\.0$/, "") + " days";
}

export const days = n => n === null ? dash : n === 1 ? "1 day" : spoken(n, {}) + " days";

export const clock = date => date === null ? dash
  : date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const moment = date => date === null ? dash
  : date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// plain turns a name of the API into words.
export const plain = name => String(name).replaceAll("_", " ");
export const capital = text => text.charAt(0).toUpperCase() + text.slice(1);
// within writes a name as it stands inside a sentence; "RFQ" stays.
export const within = text => /^[A-Z]{2}/.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1);

// The ways out: a name, and what it means.
const paths = {
  own_book: ["Order book", "It is sold into the bids that everybody sees."],
  market_maker: ["Market maker quote", "A dealer buys it from you at its own price."],
  auction: ["Fractional auction", "It is sold in small lots in the next auction."],
  rfq_batch: ["RFQ batch window", "Several dealers are asked for a price together, in the next window."],
  tokenized_p2p: ["Tokenized P2P", "You cross with another holder, token against money."],
};
export const path = name => paths[name]?.[0] ?? capital(plain(name));
export const meaning = name => paths[name]?.[1] ?? "";

// The levels of the index: what each means for somebody who wants out.
const levels = {
  excellent: "You can leave quickly, close to the quoted price.",
  good: "You can leave within the day, at a small cost.",
  moderate: "Leaving takes patience, or costs something.",
  poor: "Leaving is slow or dear. Plan for it.",
  illiquid: "Hardly anybody buys. Count on holding it.",
};
export const level = name => levels[name] ?? "";

const freshness = { real_time: "live, under a minute old", fresh: "under 5 minutes old", recent: "under 15 minutes old", stale: "stale, up to an hour old", outdated: "outdated, over an hour old" };
export const age = name => freshness[name] ?? plain(name);

// refusal says why a way is closed, with the limit that would open it.
export function refusal({ reason, limit, text }) {
  const cap = limit === null ? "" : " of " + amount(limit);
  switch (reason) {
    case "regulatory": return "It is suspended by order.";
    case "no_maker": return "Nobody makes a market in this bond.";
    case "maker_offline": return "The market maker is not quoting now.";
    case "no_auction": return "No auction is announced.";
    case "below_reserve": return "Nobody there is expected to reach the least price that you would take.";
    case "window_closed": return "The next window is too far ahead" + (limit ? ": more than " + span(limit) : "") + ".";
    case "rating_restriction": return "House policy bars bonds of this rating.";
    case "tenor_restriction": return "House policy bars this way for bonds that run so long.";
    case "rating_cap": return `Your size is above the cap${cap} for this rating.`;
    case "issuer_cap": return `Your size is above the cap${cap} for this kind of issuer.`;
    case "min_lot": return `Your size is below the least lot${cap}.`;
    default: return (text || capital(plain(reason))) + ".";
  }
}

const doubts = {
  window_unstated: "The source does not say over what time it counts trades; a day is assumed.",
  trades_too_old: "Trades are reported for a day in which the last one is too old to be.",
  locked_book: "Bid equals ask, so the spread says nothing about cost.",
  book_outdated: "The order book is an hour old or more.",
  auction_outdated: "What is known of the auction is an hour old or more.",
  mm_outdated: "What is known of the market maker is an hour old or more.",
  bond_matured: "The bond has matured: it is paid back, and not sold.",
};
export const doubt = name => doubts[name] ?? capital(plain(name)) + ".";

const constraints = {
  inventory_limit: "The dealer may not have room for all of it.",
  time_constraint: "The window is more than a day ahead.",
  lot_size: "So small a lot interests few buyers.",
  thin_demand: "Bids at your price do not cover the size.",
};
export const constraint = name => constraints[name] ?? capital(plain(name)) + ".";
