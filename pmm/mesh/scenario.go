package mesh

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// The bounds of a scenario.
const (
	MaxEpochs     = 1_000_000
	MaxPoolEpochs = 20_000_000 // epochs times pools, whose deviations a result keeps
	MaxFlows      = 256
	MaxShocks     = 256
)

// GraphMode says where a scenario's pools come from.
type GraphMode string

// The modes.
const (
	Modelled GraphMode = "modelled" // the scenario's own network
	Deployed GraphMode = "deployed" // a deployment status: see [Scenario.On]
)

// Scenario is what a simulation runs: a mesh, what is asked of it and what
// happens to it. It is plain data.
type Scenario struct {
	Name      string    `json:"name"`
	GraphMode GraphMode `json:"graphMode"` // "" is modelled
	Network   Network   `json:"network"`

	Epochs       int `json:"epochs"`       // > 0
	EpochMinutes int `json:"epochMinutes"` // > 0: 60 for hours
	PegBandBps   int `json:"pegBandBps"`   // a pool further than this from the fair price is off its peg, > 0
	OracleBps    int `json:"oracleBps"`    // a guided pool's guide price follows when the fair price has moved by more; 0 is always

	Moves     []Move    `json:"moves"`
	Flows     []Flow    `json:"flows"`
	Arbitrage Arbitrage `json:"arbitrage"`

	// What the keeper starts with of every listing, as a value in Network.Unit, >= 0.
	KeeperFunds decimal.Decimal `json:"keeperFunds"`

	BridgeShocks []BridgeShock `json:"bridgeShocks"`
	RateShocks   []RateShock   `json:"rateShocks"`
	FlowShocks   []FlowShock   `json:"flowShocks"`

	Limits Limits `json:"limits"` // of each order's route

	// The scenario's capital assumptions. Nothing here reads them.
	CapitalEfficiency map[string]any `json:"capitalEfficiency,omitempty"`
}

// Move is how an anchor's price in gold wanders: by steps that are uniform, with
// this standard deviation, and never further than a thousandfold from the start.
type Move struct {
	Anchor string `json:"anchor"`
	Ppm    int    `json:"ppm"` // standard deviation per epoch in ppm of the price, 0 to 100000
}

// Flow is orders of one kind. The sizes have a Pareto distribution with index 2,
// the smallest being half the mean, cut off at 20 times the mean.
type Flow struct {
	From      Asset           `json:"from"`
	To        Asset           `json:"to"`
	Both      bool            `json:"both"`      // half of the orders go the other way
	ChanceBps int             `json:"chanceBps"` // that there is one in an epoch, 0 to 10000
	Mean      decimal.Decimal `json:"mean"`      // value in Network.Unit, > 0
}

// Arbitrage is those who bring pools back when it pays. On the hub they trade
// with the outside at fair prices and never run out. On other chains they trade
// out of an inventory, which they refill from the hub, and empty to it, over
// bridges: when those fail, prices drift.
type Arbitrage struct {
	Hub       uint64          `json:"hub"`       // a chain; 0 is no arbitrage at all
	Inventory decimal.Decimal `json:"inventory"` // of every listing elsewhere, as a value in Network.Unit, >= 0
	MinGain   decimal.Decimal `json:"minGain"`   // after gas, per trade, in Network.Unit, >= 0
}

// Window is some epochs, counted from 1.
type Window struct {
	From int `json:"from"` // the first, > 0
	To   int `json:"to"`   // the last, >= From
}

func (w Window) has(epoch int) bool { return w.From <= epoch && epoch <= w.To }

// BridgeShock changes the bridges between two chains, both ways.
type BridgeShock struct {
	Window
	Between     [2]uint64 `json:"between"`     // the chains
	Token       string    `json:"token"`       // "" is all
	Halt        bool      `json:"halt"`        //
	CapacityBps int       `json:"capacityBps"` // what is left of a limited capacity, 0 to 10000; 0 halts
	LatencyPlus int       `json:"latencyPlus"` // epochs added for what is sent meanwhile, 0 to MaxLatency
}

// RateShock changes what tokens of an anchor are worth, or how much that moves.
type RateShock struct {
	Window
	Anchor   string `json:"anchor"`
	ValueBps int    `json:"valueBps"` // at once, at the first epoch: what is left of its value in gold, 1 to 1000000; 10000 changes nothing
	MoveBps  int    `json:"moveBps"`  // of Move.Ppm meanwhile, 0 to 1000000; 10000 changes nothing
}

// FlowShock changes orders.
type FlowShock struct {
	Window
	Pays    Asset `json:"pays"`    // what the orders pay
	SizeBps int   `json:"sizeBps"` // of their size, 1 to 1000000; 10000 changes nothing
	OneWay  bool  `json:"oneWay"`  // flows of it that go both ways go this way only
}

// Validate returns ErrInvalid for the first thing that is wrong, the network
// included.
func (s Scenario) Validate() error {
	if err := check(
		rule{valid.Named(s.Name), "Name", s.Name, valid.MustBeNamed},
		rule{s.GraphMode == "" || s.GraphMode == Modelled || s.GraphMode == Deployed, "GraphMode", string(s.GraphMode), "must be modelled or deployed"},
	); err != nil {
		return err
	}
	if err := s.Network.Validate(); err != nil {
		return err
	}
	pools := len(s.Network.Pools)
	if err := check(
		rule{pools > 0, "len(Network.Pools)", pools, "must be > 0"},
		rule{s.Epochs > 0 && s.Epochs <= MaxEpochs && s.Epochs*pools <= MaxPoolEpochs, "Epochs", s.Epochs, "must be 1 to 1000000, and times the pools at most 20000000"},
		rule{s.EpochMinutes > 0 && s.EpochMinutes <= 100_000, "EpochMinutes", s.EpochMinutes, "must be 1 to 100000"},
		rule{s.PegBandBps > 0 && s.PegBandBps <= 10_000, "PegBandBps", s.PegBandBps, "must be 1 to 10000"},
		rule{s.OracleBps >= 0 && s.OracleBps <= 10_000, "OracleBps", s.OracleBps, "must be 0 to 10000"},
		rule{len(s.Flows) <= MaxFlows, "len(Flows)", len(s.Flows), "must be at most 256"},
		rule{len(s.BridgeShocks)+len(s.RateShocks)+len(s.FlowShocks) <= MaxShocks, "shocks", len(s.BridgeShocks) + len(s.RateShocks) + len(s.FlowShocks), "must be at most 256"},
		rule{valid.NotNegative(s.KeeperFunds), "KeeperFunds", s.KeeperFunds, valid.MustBeAmount},
		rule{valid.NotNegative(s.Arbitrage.Inventory), "Arbitrage.Inventory", s.Arbitrage.Inventory, valid.MustBeAmount},
		rule{valid.NotNegative(s.Arbitrage.MinGain), "Arbitrage.MinGain", s.Arbitrage.MinGain, valid.MustBeAmount},
	); err != nil {
		return err
	}
	if err := s.Limits.validate(); err != nil {
		return err
	}
	if err := s.validateTraffic(); err != nil {
		return err
	}
	return s.validateShocks()
}

// validateTraffic checks what refers to the network's names.
func (s Scenario) validateTraffic() error {
	n := named(&s.Network)
	if err := check(rule{s.Arbitrage.Hub == 0 || n.chains[s.Arbitrage.Hub], "Arbitrage.Hub", s.Arbitrage.Hub, "must be a chain, or 0"}); err != nil {
		return err
	}
	moved := map[string]bool{}
	for i, move := range s.Moves {
		at := fmt.Sprintf("Moves[%d].", i)
		if err := check(
			rule{n.anchors[move.Anchor] && move.Anchor != Gold && !moved[move.Anchor], at + "Anchor", move.Anchor, "must be an anchor other than XAU, once"},
			rule{move.Ppm >= 0 && move.Ppm <= 100_000, at + "Ppm", move.Ppm, "must be 0 to 100000"},
		); err != nil {
			return err
		}
		moved[move.Anchor] = true
	}
	for i, f := range s.Flows {
		at := fmt.Sprintf("Flows[%d].", i)
		if err := check(
			rule{n.listings[f.From], at + "From", f.From, "must be listed"},
			rule{n.listings[f.To] && f.To != f.From, at + "To", f.To, "must be listed, and not From"},
			rule{f.ChanceBps >= 0 && f.ChanceBps <= 10_000, at + "ChanceBps", f.ChanceBps, "must be 0 to 10000"},
			rule{valid.Positive(f.Mean), at + "Mean", f.Mean, valid.MustBePositive},
		); err != nil {
			return err
		}
	}
	return nil
}

func (s Scenario) validateShocks() error {
	n := named(&s.Network)
	for i, b := range s.BridgeShocks {
		at := fmt.Sprintf("BridgeShocks[%d].", i)
		if err := check(
			rule{b.valid(), at + "Window", b.Window, "must be From > 0 to To >= From"},
			rule{n.chains[b.Between[0]] && n.chains[b.Between[1]] && b.Between[0] != b.Between[1], at + "Between", b.Between, "must be two chains"},
			rule{b.Token == "" || n.tokens[b.Token], at + "Token", b.Token, "must be a token, or empty"},
			rule{b.CapacityBps >= 0 && b.CapacityBps <= 10_000, at + "CapacityBps", b.CapacityBps, "must be 0 to 10000"},
			rule{b.LatencyPlus >= 0 && b.LatencyPlus <= MaxLatency, at + "LatencyPlus", b.LatencyPlus, "must be 0 to 10000"},
		); err != nil {
			return err
		}
	}
	for i, r := range s.RateShocks {
		at := fmt.Sprintf("RateShocks[%d].", i)
		if err := check(
			rule{r.valid(), at + "Window", r.Window, "must be From > 0 to To >= From"},
			rule{n.anchors[r.Anchor] && r.Anchor != Gold, at + "Anchor", r.Anchor, "must be an anchor other than XAU"},
			rule{r.ValueBps > 0 && r.ValueBps <= 1_000_000, at + "ValueBps", r.ValueBps, "must be 1 to 1000000"},
			rule{r.MoveBps >= 0 && r.MoveBps <= 1_000_000, at + "MoveBps", r.MoveBps, "must be 0 to 1000000"},
		); err != nil {
			return err
		}
	}
	for i, f := range s.FlowShocks {
		at := fmt.Sprintf("FlowShocks[%d].", i)
		if err := check(
			rule{f.valid(), at + "Window", f.Window, "must be From > 0 to To >= From"},
			rule{n.listings[f.Pays], at + "Pays", f.Pays, "must be listed"},
			rule{f.SizeBps > 0 && f.SizeBps <= 1_000_000, at + "SizeBps", f.SizeBps, "must be 1 to 1000000"},
		); err != nil {
			return err
		}
	}
	return nil
}

func (w Window) valid() bool { return w.From > 0 && w.To >= w.From }

// named is what a valid network declares.
func named(n *Network) validator {
	v := newValidator()
	for _, a := range n.Anchors {
		v.anchors[a.Name] = true
	}
	for _, t := range n.Tokens {
		v.tokens[t.Symbol] = true
	}
	for _, c := range n.Chains {
		v.chains[c.ID] = true
	}
	for _, l := range n.Listings {
		v.listings[Asset{l.Chain, l.Token}] = true
	}
	return v
}
