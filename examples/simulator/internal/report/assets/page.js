// Draws the charts from the series in the page. Every colour comes from the
// style sheet, so a change between light and dark draws them again.
(() => {
  const data = JSON.parse(document.getElementById("series").textContent);
  const issuer = JSON.parse(document.getElementById("issuer")?.textContent ?? "{}"); // its charts have days of their own
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const thousands = x => x.toLocaleString("en", { maximumFractionDigits: 0 });
  const compact = x => x.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });

  // band shades what counts as on the peg, behind the lines of chart u.
  const band = (low, high) => u => {
    const top = u.valToPos(high, "y", true), bottom = u.valToPos(low, "y", true);
    u.ctx.save();
    u.ctx.fillStyle = colour("band");
    u.ctx.fillRect(u.bbox.left, top, u.bbox.width, bottom - top);
    u.ctx.restore();
  };

  const line = (label, name, value, more) =>
    Object.assign({ label, stroke: colour(name), width: 1.4, points: { show: false }, value: (u, x) => x == null ? "–" : value(x) }, more);

  const axis = (values, more) => Object.assign({
    stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false },
    font: "12px system-ui, sans-serif", size: 54, values: (u, ticks) => ticks.map(x => x == null ? "" : values(x)),
  }, more);

  // Evenly readable steps of an arcsinh scale: linear near the peg,
  // logarithmic far from it.
  const steps = [-3000, -1000, -300, -100, -30, -10, 0, 10, 30, 100, 300, 1000];

  // The time axis in 24 hours, with the date where a day begins.
  const date = "\n{D} {MMM}";
  const hours = ["{HH}:{mm}", date, null, date, null, null, null, 1];
  const times = [[86400, "{D} {MMM}", null, null, null, null, null, null, 1], [3600, ...hours], [60, ...hours]];

  const ratio = (label, name) => line(label, name, x => x.toFixed(2));
  const ratios = more => Object.assign({
    of: issuer, series: [ratio("no pool", "without"), ratio("seed rule", "market"), ratio("engine", "with")],
    columns: ["without", "seed", "with"], shade: band(issuer.floor, issuer.ceiling), y: axis(x => x.toFixed(1)),
  }, more);

  const charts = () => [
    { id: "price", series: [line("market", "market", x => x.toFixed(4), { width: 5, alpha: .35 }), line("no action", "without", x => x.toFixed(4)), line("with stabilizer", "with", x => x.toFixed(4))],
      columns: ["market", "without", "with"], shade: band(data.target * (1 - data.band / 1e4), data.target * (1 + data.band / 1e4)), y: axis(x => x.toFixed(2)) },
    { id: "deviation", series: [line("no action", "without", x => x.toFixed(1) + " bps"), line("with stabilizer", "with", x => x.toFixed(1) + " bps")],
      columns: ["withoutBps", "withBps"], shade: band(-data.band, data.band), scale: { distr: 4, asinh: 10 },
      y: axis(x => String(x), { splits: u => steps.filter(s => s >= u.scales.y.min && s <= u.scales.y.max), filter: (u, s) => s }) },
    { id: "closer", series: [line("no action", "without", x => x.toFixed(1) + " bps"), line("with stabilizer", "with", x => x.toFixed(1) + " bps")],
      columns: ["withoutBps", "withBps"], shade: band(-data.band, data.band), from: data.from, to: data.to, y: axis(x => String(x)) },
    { id: "reserve", series: [line("cUSDC gained", "without", thousands), line("coverage", "with", x => x.toFixed(2) + "×", { scale: "cover" })],
      columns: ["inventory", "coverage"], y: axis(compact), right: axis(x => x + "×", { scale: "cover", side: 1, grid: { show: false }, size: 44 }) },
    { id: "spending", series: [line("handed over", "with", thousands), line("result, marked to market", "bad", thousands, { scale: "result" })],
      columns: ["spent", "profit"], y: axis(compact), right: axis(compact, { scale: "result", side: 1, grid: { show: false } }) },
    ratios({ id: "ratio", scale: { range: [0, 3] } }),
    ratios({ id: "rush", from: issuer.from, to: issuer.to }),
    { id: "lent", of: issuer, series: [line("supply", "market", thousands), line("lent", "with", thousands, { scale: "lent" })],
      columns: ["supply", "lent"], y: axis(thousands), right: axis(thousands, { scale: "lent", side: 1, grid: { show: false } }) },
  ];

  let drawn = [];
  const draw = () => {
    drawn.forEach(u => u.destroy());
    drawn = charts().filter(c => document.getElementById(c.id)).map(c => {
      const box = document.getElementById(c.id);
      const of = c.of || data;
      const shown = i => !c.from || of.at[i] >= c.from && of.at[i] <= c.to;
      const column = name => of[name].filter((_, i) => shown(i));
      const height = () => Math.round(Math.max(230, Math.min(320, box.clientWidth * .42)));
      const u = new uPlot({
        width: box.clientWidth, height: height(), tzDate: at => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
        cursor: { sync: c.from ? undefined : { key: c.of ? "issuer" : "weekend" }, drag: { x: true, y: false } },
        scales: { x: { time: true }, y: c.scale || {} },
        axes: [axis(String, { values: times, space: 64, size: 44 }), c.y].concat(c.right ? [c.right] : []),
        series: [{ label: "UTC", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }].concat(c.series),
        hooks: { drawAxes: c.shade ? [c.shade] : [] },
      }, ["at"].concat(c.columns).map(column), box);
      u.refit = () => u.setSize({ width: box.clientWidth, height: height() });
      return u;
    });
  };
  draw();
  addEventListener("resize", () => drawn.forEach(u => u.refit()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
