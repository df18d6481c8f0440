package weekend

import (
	"time"

	"github.com/shopspring/decimal"
)

// Result is one weekend replayed twice, with the stabilizer and without, from
// one tape and one seed. It is what --json prints, so it holds no clock reading
// and no map.
type Result struct {
	Setup       Setup     `json:"setup"`
	Assumptions []string  `json:"assumptions"`
	Fit         Fit       `json:"fit"`
	Hours       []Hour    `json:"hours"`
	Verdict     Verdict   `json:"verdict"`
	Journals    []Journal `json:"journals"`
	Minutes     []Minute  `json:"-"` // for the charts
}

// Hour is one candle of the table. Amounts are cumulative since the start, and
// prices those at the end of blocks.
type Hour struct {
	Start        time.Time       `json:"start"`
	Target       decimal.Decimal `json:"target"`
	Market       Span            `json:"market"`
	With         Span            `json:"pool_with"`
	Without      Span            `json:"pool_without"`
	WorstBps     decimal.Decimal `json:"worst_bps"` // of the pool with stabilizer from the target, signed
	WorstBpsIdle decimal.Decimal `json:"worst_bps_without"`
	InBand       int             `json:"blocks_in_band"`
	InBandIdle   int             `json:"blocks_in_band_without"`
	Reasons      []Count         `json:"reasons"` // most frequent first
	Trades       int             `json:"trades"`  // mined in this hour
	Spent        decimal.Decimal `json:"spent"`
	Inventory    decimal.Decimal `json:"inventory"` // cUSDC gained by trading
	Coverage     decimal.Decimal `json:"coverage"`  // available / required
	Level        string          `json:"level"`
}

// Span is what a price did in one hour.
type Span struct {
	High  decimal.Decimal `json:"high"`
	Low   decimal.Decimal `json:"low"`
	Close decimal.Decimal `json:"close"`
}

// Count is after how many blocks of an hour the stabilizer traded, or why not.
type Count struct {
	Reason string `json:"reason"`
	Blocks int    `json:"blocks"`
}

// Fit says how closely the pool without a stabilizer follows the real market.
// If it did not, all the rest would mean nothing.
type Fit struct {
	LimitBps  decimal.Decimal `json:"limit_bps"` // fee + 10 bps
	WorstBps  decimal.Decimal `json:"worst_bps"` // of the highs and lows of all hours
	WorstHour time.Time       `json:"worst_hour"`
	HoursOff  int             `json:"hours_off"` // beyond the limit
}

// Minute is one point of the charts.
type Minute struct {
	At                    time.Time
	Market, With, Without decimal.Decimal
	Spent, Inventory      decimal.Decimal
	Coverage              decimal.Decimal
	Profit                decimal.Decimal // of the stabilizer's trades, at the market price
}

// Stop is a guard that ended the stabilizer's spending.
type Stop struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Party is who ended how much richer than by holding what they began with. The
// parties' results sum to zero.
type Party struct {
	Name   string          `json:"name"`
	Result decimal.Decimal `json:"result"`
}

// Tokens is how many of the smallest units of a token all accounts together
// have more than was minted at the start. Anything but 0 is a bug.
type Tokens struct {
	Token    string `json:"token"`
	UnitsOff string `json:"units_off"`
}

// Journal is what was proven of one engine's journal.
type Journal struct {
	Key      string `json:"key"`
	Engine   string `json:"engine"`
	Records  uint64 `json:"records"`
	Head     string `json:"head"`
	Anchors  int    `json:"anchors"`  // heads published on the way
	Replayed int    `json:"replayed"` // decisions decided again
	Same     int    `json:"same"`     // of those, byte for byte the same
}

// tell builds the table and the charts from what both runs have shown.
func (r *Result) tell(sc *scenario, s Setup, defended, idle *played) {
	with, without, c := defended.trace, idle.trace, defended.chronicle
	for i, candle := range sc.tape.Candles {
		a, b, did := with.hours[i], without.hours[i], c.hours[i]
		r.Hours = append(r.Hours, Hour{
			Start: candle.Start, Target: s.Target,
			Market: Span{High: candle.High, Low: candle.Low, Close: candle.Close}, With: a.span(), Without: b.span(),
			WorstBps: s.Bps(a.farthest(with.target)), WorstBpsIdle: s.Bps(b.farthest(with.target)),
			InBand: a.inside, InBandIdle: b.inside,
			Reasons: did.reasons, Trades: did.trades, Spent: did.spent.Round(cents),
			Inventory: did.inventory.Round(cents), Coverage: did.coverage, Level: did.level,
		})
	}
	for i, m := range c.minutes {
		last := (i+1)*sc.minute() - 1
		r.Minutes = append(r.Minutes, Minute{
			At: sc.time(last), Market: sc.prices[last].Decimal(),
			With: with.minutes[i].Decimal(), Without: without.minutes[i].Decimal(),
			Spent: m.spent, Inventory: m.inventory, Coverage: m.coverage, Profit: m.profit,
		})
	}
	r.Fit = fit(sc, s, without)
}

// fitBps is how far from the real highs and lows the pool may be, beside its
// fee.
const fitBps = 10

func fit(sc *scenario, s Setup, without *trace) Fit {
	f := Fit{LimitBps: decimal.New(s.FeeBps+fitBps, 0), WorstHour: sc.tape.Candles[0].Start}
	for i, c := range sc.tape.Candles {
		off := decimal.Max(bpsOff(without.hours[i].high.Decimal(), c.High), bpsOff(without.hours[i].low.Decimal(), c.Low))
		if off.GreaterThan(f.WorstBps) {
			f.WorstBps, f.WorstHour = off, c.Start
		}
		if off.GreaterThan(f.LimitBps) {
			f.HoursOff++
		}
	}
	return f
}

func bpsOff(x, from decimal.Decimal) decimal.Decimal {
	return x.Sub(from).Abs().Shift(4).DivRound(from, 4)
}
