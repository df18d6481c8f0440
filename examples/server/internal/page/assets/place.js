// What the visitor asked for. It lives behind the # of the address, which stays in
// the browser: #view=portfolio&isin=...&size=...&held=ISIN:size,ISIN:size

export const shape = /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/; // ISO 6166; whether the check digit matters is the server's business
export const portfolio = "/portfolio"; // the address that begins with this view
const mostSize = 1e15;
export const mostPositions = 20;

// sizeOf reads a face value as people type it, and is null if it is none.
export function sizeOf(text) {
  const bare = String(text).replace(/[\s,_]/g, "");
  return /^\d+(\.\d+)?$/.test(bare) && Number(bare) > 0 && Number(bare) <= mostSize ? Number(bare) : null;
}

// read returns what a hash says. What it does not say, or says wrong, is as on a page
// that is opened for the first time.
export function read(hash) {
  const said = Object.fromEntries(hash.replace(/^#/, "").split("&").map(pair => pair.split("=", 2)));
  const held = (said.held ?? "").split(",").map(h => h.split(":")).filter(([isin, size]) => shape.test(isin) && sizeOf(size) !== null);
  return {
    view: said.view === "portfolio" ? "portfolio" : "bond",
    isin: shape.test(said.isin) ? said.isin : "",
    size: sizeOf(said.size) ?? 100_000,
    full: said.full === "1",
    held: [...new Map(held.map(([isin, size]) => [isin, { isin, size: sizeOf(size) }])).values()].slice(0, mostPositions),
  };
}

export const write = ({ view, isin, size, full, held }) => "#" + [
  "view=" + view, isin && "isin=" + isin, "size=" + size, full && "full=1", held.length > 0 && "held=" + held.map(h => h.isin + ":" + h.size).join(),
].filter(Boolean).join("&");
