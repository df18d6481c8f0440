// The REST side of the translator.

const prefix = "/api/v1/liquidity-risk/";

// Refused is an answer that says no: its status (0 when there was none at all), the
// API's own words, and after how many seconds asking again makes sense.
export class Refused extends Error {
  constructor(status, detail, after) {
    super(detail);
    Object.assign(this, { status, after });
  }
}

let key = "";
export const credential = () => key;
export const authorize = given => { key = given; };

const detail = full => full ? "full" : "summary";

// ask gets the translation of an instrument for a sale of size.
export const ask = (isin, size, full, signal) =>
  request(encodeURIComponent(isin) + "?" + new URLSearchParams({ mode: "fast", detail: detail(full), trade_size: size }), { signal });

// askTogether gets what it takes to leave positions, [{ isin, size }], at once.
export const askTogether = (held, full, signal) =>
  request("portfolio?detail=" + detail(full), { method: "POST", body: JSON.stringify({ holdings: held.map(h => ({ isin: h.isin, trade_size: h.size })) }), signal });

async function request(what, options) {
  const headers = { Accept: "application/json" };
  if (options.body) headers["Content-Type"] = "application/json";
  if (key) headers.Authorization = "Bearer " + key;
  let answer, body;
  try {
    answer = await fetch(prefix + what, { ...options, headers, cache: "no-store" });
    body = await answer.json();
  } catch (broken) {
    if (broken.name === "AbortError") throw broken;
    throw new Refused(answer?.status ?? 0, "", 0);
  }
  if (!answer.ok) throw new Refused(answer.status, body.detail ?? body.message ?? "", Number(answer.headers.get("Retry-After")) || 0);
  return body;
}

// excuse puts a refusal in a title and a sentence.
export function excuse(refused, isin) {
  const detail = refused.message;
  switch (refused.status) {
    case 0: return ["The server does not answer", "Check your connection. This page keeps trying."];
    case 400: case 422: return ["That cannot be asked", detail || "The ISIN or the size is not as it must be."];
    case 401: return ["A key is needed", "Type the access key that you were given above, under “Access key”."];
    case 403: return ["Your key does not open this", detail || "Ask whoever runs this server for a key that does."];
    case 404: return [`Nothing is known of ${isin}`, "Check the ISIN for a slip, or pick another bond. Nothing can be said of a bond that no source reports."];
    case 429: return ["Asked too often", `The server wants a pause${refused.after ? ` of ${refused.after} seconds` : ""}. This page asks again by itself.`];
    case 503: return ["The translator is busy or starting", "This page asks again by itself."];
    default: return ["Something went wrong on the server", detail || `It answered ${refused.status}. This page keeps trying.`];
  }
}

// passing reports whether asking again later can help.
export const passing = refused => refused.status === 0 || refused.status === 429 || refused.status >= 500;
