// What a bond costs to leave at other sizes than the one that is asked for: some
// questions, asked one after the other and seldom, since a server has limits.
import { ask } from "/assets/api.js";
import { costsChart } from "/assets/charts.js";
import { reading } from "/assets/reading.js";

const ladder = [1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2e6, 5e6];
const keeps = 60_000; // ms for which the answers are good enough
const retry = 15_000; // ms until they are asked for again after a refusal

// newCosts returns what draws the chart around an answer. onFits is called with the
// largest smaller size that has a way out, null if none has.
export function newCosts(onFits) {
  const draw = costsChart();
  let asking = new AbortController(), of = "", until = 0;

  // around asks unless it has lately. here is the reading for the question itself.
  async function around(question, here) {
    const { isin, size: own, full } = question;
    if (of === JSON.stringify(question) && Date.now() < until) return;
    [of, until] = [JSON.stringify(question), Date.now() + keeps];
    asking.abort();
    const { signal } = asking = new AbortController();
    const limits = here.routes.map(r => r.most).filter(most => most > 0);
    const sizes = [...new Set([...ladder, ...limits, own])].sort((a, b) => a - b);
    const points = [];
    try {
      for (const size of sizes) points.push(point(size, size === own ? here : reading(await ask(isin, size, full, signal))));
    } catch (no) {
      if (signal.aborted) return;
      if (no.status === undefined) throw no; // ours, not the server's
      until = Date.now() + retry;
    }
    draw(points, own); // what there is of them
    onFits(points.findLast(p => p.open && p.size < own)?.size ?? null);
  }
  return { around, stop: () => asking.abort() };
}

const point = (size, { routes, best }) => ({
  size, open: best !== null,
  by: Object.fromEntries(routes.filter(r => r.available && r.cost !== null).map(r => [r.path, r.cost])),
});
