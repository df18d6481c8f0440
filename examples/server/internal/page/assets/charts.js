// The charts. Every colour comes from the style sheet, so a change between light and
// dark draws them again.
import { byID, el, set, show } from "/assets/dom.js";
import { amount, bps, clock, compact, path, score } from "/assets/words.js";

const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

const axis = (values, more) => ({
  stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false },
  font: "12px system-ui, sans-serif", size: 46, values: (u, ticks) => ticks.map(x => x === null ? "" : values(x)), ...more,
});

const line = (name, more) => ({ stroke: colour(name), width: 2, points: { show: false }, ...more });

// chart keeps a chart as large as its box. Where there is nothing to draw it says so.
function chart(box, nothing, options) {
  let data, drawn;
  const size = () => ({ width: box.clientWidth, height: box.clientHeight });
  const draw = () => {
    drawn?.destroy();
    drawn = data && box.clientWidth ? new uPlot({ legend: { show: false }, ...size(), ...options() }, data, box) : null;
  };
  new ResizeObserver(() => drawn ? drawn.setSize(size()) : draw()).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  return columns => {
    data = columns;
    set(box, "data-nothing", !data.slice(1).flat().some(x => x !== null) && nothing);
    if (drawn) drawn.setData(data);
    else draw();
  };
}

// The ways out, each with a colour and a dash of its own.
const ways = [["market_maker", []], ["auction", [10, 5]], ["rfq_batch", [2, 4]], ["tokenized_p2p", [10, 4, 2, 4]]];

// costsChart returns what draws costs, points of { size, by: { path: bps } } in order
// of size, around the size that is asked for.
export function costsChart() {
  let own = 0;
  const mark = u => {
    const x = u.valToPos(own, "x", true);
    u.ctx.save();
    u.ctx.strokeStyle = colour("ink");
    u.ctx.setLineDash([4, 4]);
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  };
  const plot = chart(byID("cost"), "No way is open at any of these sizes.", () => ({
    scales: { x: { time: false, distr: 3, range: (u, low, high) => [low / 1.2, high * 1.2] }, y: { range: (u, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.1)] } },
    axes: [axis(compact, { size: 28, splits: (u, i, low, high) => [1e3, 1e4, 1e5, 1e6, 1e7, 1e8].filter(x => x >= low && x <= high), filter: (u, splits) => splits }), axis(x => String(x))],
    series: [{}, ...ways.map(([name, dash]) => line(name, { dash, points: { show: true, size: 6, fill: colour(name) } }))],
    hooks: { draw: [mark] },
    cursor: { show: false },
  }));
  show(byID("cost-key"), ways, () => ways.map(([name]) => el("li", { class: "k-" + name }, path(name))));
  return (points, size) => {
    own = size;
    plot([points.map(p => p.size), ...ways.map(([name]) => points.map(p => p.by[name] ?? null))]);
    show(byID("cost-table"), points, () => costTable(points));
  };
}

const costTable = points => el("table", null,
  el("thead", null, el("tr", null, el("th", { scope: "col" }, "Face value"), ways.map(([name]) => el("th", { scope: "col" }, path(name))))),
  el("tbody", null, points.map(p => el("tr", null, el("th", { scope: "row" }, amount(p.size)),
    ways.map(([name]) => el("td", null, p.by[name] === undefined ? "closed" : bps(p.by[name])))))));

const mostMoments = 3600;
const few = { show: u => u.data[0].length < 40, size: 5 }; // of a line of one point nothing would be seen

// historyChart returns what adds a reading to the history of its bond, or begins
// another.
export function historyChart() {
  let of = "", columns;
  const plot = chart(byID("history"), "Neither index nor spread is known.", () => ({
    scales: { x: { time: true, range: (u, first, last) => [Math.min(first, last - 60), last] }, y: { range: [0, 100] }, bps: { range: (u, low, high) => [0, Math.max(1, (high ?? 1) * 1.25)] } },
    axes: [
      axis(String, { size: 28, space: 80, values: (u, ticks) => ticks.map(t => clock(new Date(t * 1e3))) }),
      axis(x => String(x)),
      axis(x => String(x), { scale: "bps", side: 1, grid: { show: false }, stroke: colour("without") }),
    ],
    series: [{}, line("with", { points: few }), line("without", { scale: "bps", dash: [6, 4], points: few })],
    cursor: { show: false },
  }));
  return reading => {
    if (of !== reading.isin) [of, columns] = [reading.isin, [[], [], []]];
    const now = Date.now() / 1e3;
    [now, reading.index.value, reading.spread].forEach((x, i) => columns[i].push(x));
    if (columns[0].length > mostMoments) columns.forEach(c => c.shift());
    plot(columns);
    byID("history-words").textContent = range(columns[1].filter(x => x !== null), reading.index.value);
  };
}

const range = (seen, now) => seen.length === 0 ? "No index so far."
  : `Index between ${score(Math.min(...seen))} and ${score(Math.max(...seen))} so far, now ${now === null ? "unknown" : score(now)}.`;
