package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/issuer"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/report"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/tape"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/weekend"
)

// replay is the command that tells what the engines would have done in a
// weekend, and a pool for the issuer in two years. Lists sweep: every combination
// is run with every seed.
type replay struct {
	Prices  string        `help:"CSV of candles (time, open, high, low, close, volume) instead of the USDC weekend." placeholder:"FILE"`
	Profile string        `help:"Stabilizer profile: ${enum}." enum:"target,conservative" default:"target"`
	Mode    string        `help:"Trade in the observed pool (direct) or in the private ones (mesh)." enum:"direct,mesh" default:"direct"`
	Seed    uint64        `help:"Seed of the paths within the candles and of the panic." default:"1"`
	Seeds   int           `help:"Sweep this many seeds, from --seed on." default:"1"`
	Reserve []string      `help:"cUSDT, and as many cUSDC, that the stabilizer may spend; a list sweeps." default:"1000000"`
	Share   []string      `help:"Share of the real volume that comes to the pool in panic; a list sweeps." default:"0.02"`
	Latency []int         `help:"Blocks by which arbitrageurs are late; a list sweeps." default:"1"`
	Depth   string        `help:"Units a side of each pool." default:"10000000"`
	Fee     int64         `help:"Fee of the public pools in bps." default:"3"`
	Block   time.Duration `help:"Block time; must divide a candle." default:"2s"`

	Asset  string   `help:"Stablecoin whose issuer is a bank of the liquidity pool: ${enum}." enum:"USDC,USDT,DAI,UST" default:"USDC" group:"The issuer and its pool:"`
	Pool   []string `help:"USD in the pool; a list compares, 0 leaves the issuer out." default:"2000000000" group:"The issuer and its pool:"`
	Liquid string   `help:"Share of its reserves that the issuer keeps liquid." default:"0.15" group:"The issuer and its pool:"`
	Pace   string   `help:"Share of the supply for which it sells securities on a weekday at most." default:"0.02" group:"The issuer and its pool:"`

	JSON bool   `help:"Write the result to stdout as JSON and nothing else."`
	Out  string `help:"Where to write the report." default:"report.html" placeholder:"FILE"`
}

// maxRuns bounds a sweep.
const maxRuns = 10_000

// Run replays, reports and, if lists or several seeds were given, sweeps.
func (c *replay) Run(ctx context.Context, to streams) error {
	grid, err := c.grid()
	if err != nil {
		return usage(err)
	}
	prices, err := c.tape()
	if err != nil {
		return err
	}
	setup, err := c.setup(grid)
	if err != nil {
		return err
	}
	if err := grid.Check(prices, setup); err != nil {
		return err
	}
	coin, err := c.issuer()
	if err != nil {
		return err
	}
	out, err := create("--out", c.Out)
	if err != nil {
		return err
	}
	defer out.discard()

	for _, warning := range setup.Warnings() {
		if _, err := fmt.Fprintf(to.err, "warning: %s\n", warning); err != nil {
			return err
		}
	}
	shown := &progress{to: to.err}
	result, err := weekend.Run(ctx, prices, setup, shown.show)
	if err != nil {
		return err
	}
	var points []weekend.Point
	if grid.Runs() > 1 {
		if points, err = weekend.Sweep(ctx, prices, setup, grid, shown.show); err != nil {
			return err
		}
	}
	lent, err := coin.replay(ctx, shown)
	if err != nil {
		return err
	}
	if err := c.print(to.out, result, points, lent); err != nil {
		return err
	}
	err = out.write(func(w io.Writer) error {
		return report.Page(w, result, report.NewSweep(points), report.NewIssuer(lent), c.command())
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to.err, "wrote %s\n", c.Out)
	return err
}

func (c *replay) tape() (tape.Tape, error) {
	if c.Prices == "" {
		return tape.Weekend()
	}
	f, err := os.Open(c.Prices)
	if err != nil {
		return tape.Tape{}, usage(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return tape.Tape{}, usage(fmt.Errorf("--prices %s: is a directory", c.Prices))
	}
	t, err := tape.Read(bufio.NewReader(f), c.Prices)
	if err != nil {
		return t, usage(err)
	}
	return t, nil
}

// grid is what the lists span.
func (c *replay) grid() (weekend.Grid, error) {
	g := weekend.Grid{Seeds: c.Seeds, Latencies: c.Latency}
	var err error
	if g.Reserves, err = amounts("--reserve", c.Reserve); err != nil {
		return g, err
	}
	if g.Shares, err = amounts("--share", c.Share); err != nil {
		return g, err
	}
	switch {
	case c.Seeds < 1:
		return g, fmt.Errorf("--seeds %d: must be >= 1", c.Seeds)
	case len(g.Reserves) == 0 || len(g.Shares) == 0 || len(g.Latencies) == 0:
		return g, fmt.Errorf("--reserve, --share and --latency: must have at least one value each")
	case g.Runs() > maxRuns:
		return g, fmt.Errorf("sweep of %d runs: must be at most %d", g.Runs(), maxRuns)
	}
	return g, nil
}

// plain numbers only; no flag means an exponent.
var plain = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,8})?$`)

func amounts(flag string, values []string) ([]decimal.Decimal, error) {
	parsed := make([]decimal.Decimal, len(values))
	for i, value := range values {
		var err error
		if parsed[i], err = amount(flag, value); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

func amount(flag, value string) (decimal.Decimal, error) {
	if !plain.MatchString(value) {
		return decimal.Decimal{}, fmt.Errorf("%s %q: must be a plain number", flag, value)
	}
	return decimal.NewFromString(value)
}

// setup is the first combination of the grid: the run that is told in full.
func (c *replay) setup(g weekend.Grid) (weekend.Setup, error) {
	s := weekend.Defaults()
	s.Profile, s.Mode, s.Seed, s.FeeBps, s.Block = c.Profile, c.Mode, c.Seed, c.Fee, c.Block
	s.Reserve, s.Share, s.Latency = g.Reserves[0], g.Shares[0], g.Latencies[0]
	var err error
	if s.Depth, err = amount("--depth", c.Depth); err != nil {
		return s, usage(err)
	}
	return s, nil
}

// print writes the result to stdout, in one of its two forms.
func (c *replay) print(to io.Writer, r weekend.Result, points []weekend.Point, lent *issuer.Result) error {
	if !c.JSON {
		return report.Text(to, r, report.NewSweep(points), report.NewIssuer(lent))
	}
	enc := json.NewEncoder(to)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		weekend.Result
		Sweep  []weekend.Point `json:"sweep,omitempty"`
		Issuer *issuer.Result  `json:"issuer,omitempty"`
	}{r, points, lent})
}

// command is the line that makes the same report again.
func (c *replay) command() string {
	line := []string{"go run ./examples/simulator"}
	if c.Prices != "" {
		line = append(line, "--prices", c.Prices)
	}
	line = append(line,
		"--profile", c.Profile, "--mode", c.Mode, "--seed", fmt.Sprint(c.Seed), "--seeds", fmt.Sprint(c.Seeds),
		"--reserve", strings.Join(c.Reserve, ","), "--share", strings.Join(c.Share, ","),
		"--latency", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(c.Latency)), ","), "[]"),
		"--depth", c.Depth, "--fee", fmt.Sprint(c.Fee), "--block", c.Block.String(),
		"--asset", c.Asset, "--pool", strings.Join(c.Pool, ","), "--liquid", c.Liquid, "--pace", c.Pace)
	return strings.Join(line, " ")
}
