// Package parityfile reads what a keeper of parity goes by: a file of YAML whose keys
// are, but for a few, the fields of parity.Config in small letters.
package parityfile

import (
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// ErrInvalid is wrapped by everything that is wrong with a file.
var ErrInvalid = errors.New("parity configuration")

// Bot is what a file comes to.
type Bot struct {
	Name    string
	Engine  parity.Config
	Every   time.Duration
	GiveUp  time.Duration // so long without success, and what is pending is taken back
	State   string        // DSN of store/sql
	Metrics string        // loopback address; "" is none
}

// Key is that of the journal and the inbox.
func (b Bot) Key() string { return "parity/" + b.Name }

type file struct {
	Name      string `yaml:"name"`
	Pair      string `yaml:"pair"`
	Chains    string `yaml:"chains"`
	Depth     string `yaml:"depth_units_per_bps"`
	BlockTime string `yaml:"block_time"`
	Every     string `yaml:"every"`

	EnterBps       string `yaml:"enter_bps"`
	ExitBps        string `yaml:"exit_bps"`
	SustainBlocks  string `yaml:"sustain_blocks"`
	MaxTrade       string `yaml:"max_trade"`
	MaxSlippageBps string `yaml:"max_slippage_bps"`
	MaxGasGwei     string `yaml:"max_gas_gwei"`
	MinProfit      string `yaml:"min_profit"`

	Buffer      string `yaml:"buffer"`
	MinTransfer string `yaml:"min_transfer"`
	MaxTransfer string `yaml:"max_transfer"`
	MaxInFlight string `yaml:"max_in_flight"`
	StuckAfter  string `yaml:"stuck_after"`

	State   string `yaml:"state"`
	Metrics string `yaml:"metrics"`
	GiveUp  string `yaml:"give_up"`
}

// Read returns what a file says, or everything that is wrong with it, a line each,
// naming field, value and rule.
func Read(r io.Reader, name string) (Bot, error) {
	var f file
	if err := yamlfile.Decode(r, &f, ErrInvalid, name, "parity.yaml"); err != nil {
		return Bot{}, err
	}
	bot, err := f.judge()
	if err != nil {
		return Bot{}, yamlfile.Wrap(err, ErrInvalid, name)
	}
	return bot, nil
}

// judge reads the values, and lets the engine judge them.
func (f file) judge() (Bot, error) {
	r := &yamlfile.Reader{}
	b := Bot{
		Name: cmp.Or(f.Name, "parity"), Engine: f.engine(r),
		Every: r.Duration("every", f.Every, 200*time.Millisecond), GiveUp: r.Duration("give_up", f.GiveUp, time.Minute),
		State: cmp.Or(f.State, "sqlite:bot-parity.db"), Metrics: cmp.Or(f.Metrics, "127.0.0.1:9336"),
	}
	if b.Metrics == "off" {
		b.Metrics = ""
	}
	r.Must(f.Chains == "demo", "chains", f.Chains, "must be demo: no other bridge can be crossed")
	r.Must(len(b.Name) <= 64, "name", b.Name, "must have at most 64 bytes")
	blockTime := b.Engine.Chains[0].BlockTime
	r.Must(b.Every >= 100*time.Millisecond && b.Every <= time.Minute, "every", b.Every, "must be 100ms to 1m")
	r.Must(b.Every <= blockTime, "every", b.Every, "must be at most block_time "+blockTime.String())
	r.Must(b.GiveUp > 2*b.Every && b.GiveUp <= time.Hour, "give_up", b.GiveUp, "must be more than twice every, up to 1h")
	if r.Err() == nil { // a value that could not be read would be blamed twice
		_, err := parity.New(b.Engine)
		r.Blame(err, parity.ErrInvalid, "", "")
	}
	return b, r.Err()
}

// engine reads the profile, and over it what the file wants otherwise.
func (f file) engine(r *yamlfile.Reader) parity.Config {
	blockTime, depth := r.Duration("block_time", f.BlockTime, 500*time.Millisecond), r.Number("depth_units_per_bps", f.Depth, "0")
	r.Must(depth.IsPositive(), "depth_units_per_bps", depth, "must be > 0: what moves a pool by one bps")
	buffer, gas := r.Number("buffer", f.Buffer, "50000"), r.Number("max_gas_gwei", f.MaxGasGwei, "50")
	at := func(id uint64) parity.Chain {
		return parity.Chain{
			ID: id, BlockTime: blockTime, MinBlocks: 1, UnitsPerBps: depth, MaxGasGwei: gas,
			Buffer: parity.Holding{Base: buffer, Quote: buffer},
		}
	}
	c := parity.Target(r.Pair("pair", f.Pair), [2]parity.Chain{at(town.ChainID), at(town.OtherID)}, r.Duration("stuck_after", f.StuckAfter, 30*time.Second))
	c.Tiers = []parity.Tier{{Blocks: [2]uint64{final, final}}}
	for _, n := range []struct {
		to          *decimal.Decimal
		field, text string
		standard    string
	}{
		{&c.EnterBps, "enter_bps", f.EnterBps, ""},
		{&c.ExitBps, "exit_bps", f.ExitBps, ""},
		{&c.MaxTrade, "max_trade", f.MaxTrade, ""},
		{&c.MaxSlippageBps, "max_slippage_bps", f.MaxSlippageBps, ""},
		{&c.MinProfit, "min_profit", f.MinProfit, ""},
		{&c.MinTransfer, "min_transfer", f.MinTransfer, ""},
		{&c.MaxTransfer, "max_transfer", f.MaxTransfer, ""},
		{&c.MaxInFlight, "max_in_flight", f.MaxInFlight, "50000"},
	} {
		*n.to = r.Number(n.field, n.text, cmp.Or(n.standard, n.to.String()))
	}
	sustain := r.Count("sustain_blocks", f.SustainBlocks, int(c.SustainBlocks))
	r.Must(sustain >= 0, "sustain_blocks", sustain, "must be 0 or more")
	c.SustainBlocks = uint64(max(0, sustain))
	return c
}

// final is how many blocks make a transfer final, on chains that never reorganise.
const final = 4
