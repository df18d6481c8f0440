package weekend

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/figure"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
)

// Verdict is what a peg engineer wants to know in the end. Amounts are in cUSDT
// unless they say otherwise.
type Verdict struct {
	// What became of the peg. Outside is beyond the band at the end of a block.
	PegLost        bool            `json:"peg_lost"` // the public pool left the band, whatever was spent
	LostAt         *time.Time      `json:"lost_at,omitempty"`
	LastOut        *time.Time      `json:"last_outside,omitempty"`
	Departures     int             `json:"departures"`
	LongestFrom    *time.Time      `json:"longest_departure_from,omitempty"`
	Longest        decimal.Decimal `json:"longest_departure_minutes"`
	WorstBps       decimal.Decimal `json:"worst_bps"` // signed
	WorstAt        time.Time       `json:"worst_at"`
	Minutes        decimal.Decimal `json:"minutes"` // of the whole tape
	InBand         decimal.Decimal `json:"minutes_in_band"`
	LostAtIdle     *time.Time      `json:"lost_at_without,omitempty"` // "without" is the same weekend with no action
	WorstBpsIdle   decimal.Decimal `json:"worst_bps_without"`
	InBandIdle     decimal.Decimal `json:"minutes_in_band_without"`
	MarketWorstBps decimal.Decimal `json:"market_worst_bps"`

	// What was done about it, and what ended it.
	Sent       int             `json:"trades_sent"`
	Trades     int             `json:"trades_mined"`
	FirstTrade *time.Time      `json:"first_trade,omitempty"`
	LastTrade  *time.Time      `json:"last_trade,omitempty"`
	Spent      decimal.Decimal `json:"spent"` // handed over in trades, at the target price
	Refilled   decimal.Decimal `json:"refilled"`
	Stop       *Stop           `json:"stopped_by,omitempty"`
	Halt       *Stop           `json:"halted_by,omitempty"`

	// What it bought, and what it cost.
	Bought      decimal.Decimal `json:"minutes_bought"`
	PerMillion  decimal.Decimal `json:"minutes_bought_per_million"`
	Inventory   decimal.Decimal `json:"inventory"`  // cUSDC gained by trading, net
	Purchased   decimal.Decimal `json:"purchased"`  // cUSDC
	CostBasis   decimal.Decimal `json:"cost_basis"` // cUSDT per cUSDC purchased; 0 without a purchase
	Sold        decimal.Decimal `json:"sold"`       // cUSDC
	SaleBasis   decimal.Decimal `json:"sale_basis"` // cUSDT per cUSDC sold; 0 without a sale
	WorstMark   decimal.Decimal `json:"worst_mark"` // result of all trades at market prices, at its lowest
	WorstMarkAt *time.Time      `json:"worst_mark_at,omitempty"`
	FinalMark   decimal.Decimal `json:"final_mark"`
	Fees        decimal.Decimal `json:"fees"` // of the pools, within the result
	GasGwei     decimal.Decimal `json:"gas_gwei"`

	// Who paid whom: results against holding, at the last market prices.
	Arbitrage     decimal.Decimal `json:"arbitrage_profit"`
	ArbitrageIdle decimal.Decimal `json:"arbitrage_profit_without"`
	Parties       []Party         `json:"parties"`
	PartiesIdle   []Party         `json:"parties_without"`
	Conservation  []Tokens        `json:"conservation"`

	Why string `json:"why"`
}

// judge puts together what the two runs have shown.
func judge(sc *scenario, s Setup, defended, idle *played) Verdict {
	with, without, c := defended.trace, idle.trace, defended.chronicle
	minutes := func(blocks int) decimal.Decimal {
		return decimal.New(int64(blocks)*sc.block.Milliseconds(), 0).DivRound(decimal.New(time.Minute.Milliseconds(), 0), 2)
	}
	v := Verdict{
		PegLost: with.firstOut >= 0, LostAt: sc.at(with.firstOut), LastOut: sc.at(with.lastOut), Departures: with.departures,
		Longest:  minutes(with.longest),
		WorstBps: s.Bps(with.worst.Decimal()), WorstAt: sc.time(with.worstAt),
		Minutes: minutes(len(sc.prices)), InBand: minutes(with.inside),
		LostAtIdle: sc.at(without.firstOut), WorstBpsIdle: s.Bps(without.worst.Decimal()), InBandIdle: minutes(without.inside),
		MarketWorstBps: s.Bps(farthest(sc.prices, with.target).Decimal()),

		Sent: c.sent, Trades: c.trades, FirstTrade: sc.at(c.first), LastTrade: sc.at(c.last),
		Spent: c.spent.Round(cents), Refilled: units(c.books.repaid).Round(cents), Stop: c.guard.stop, Halt: c.halted,

		Inventory: c.gained.Round(cents), Purchased: c.bought.Round(cents), Sold: c.sold.Round(cents),
		WorstMark: c.worstMark.Round(cents), FinalMark: c.finalMark.Round(cents),
		Fees: c.fees.Round(cents), GasGwei: defended.gas,

		Arbitrage: profit(defended.parties).Round(cents), ArbitrageIdle: profit(idle.parties).Round(cents),
		Parties: defended.parties, PartiesIdle: idle.parties, Conservation: defended.tokens,
	}
	if v.PegLost {
		v.LongestFrom = sc.at(with.longestFrom)
	}
	v.Bought = v.InBand.Sub(v.InBandIdle)
	if v.Spent.IsPositive() {
		v.PerMillion = v.Bought.Shift(6).DivRound(v.Spent, 2)
	}
	if c.bought.IsPositive() {
		v.CostBasis = c.paid.DivRound(c.bought, 6)
	}
	if c.sold.IsPositive() {
		v.SaleBasis = c.proceeds.DivRound(c.sold, 6)
	}
	if c.worstMark.IsNegative() {
		v.WorstMarkAt = sc.at(c.worstMarkAt)
	}
	v.Why = why(v, s)
	return v
}

// cents is to how many decimals amounts are told.
const cents = 2

func farthest(prices []path.Price, target path.Price) path.Price {
	worst := target
	for _, p := range prices {
		if away(p, target) > away(worst, target) {
			worst = p
		}
	}
	return worst
}

// why explains the outcome. A peg that was lost needs little explanation; one
// that held against such a market needs one.
func why(v Verdict, s Setup) string {
	reach := decimal.New(s.BandBps+s.FeeBps, 0)
	switch {
	case v.PegLost && v.MarketWorstBps.Abs().GreaterThan(reach):
		return fmt.Sprintf(
			"The market itself left the peg: at its farthest cUSDC traded %s bps from it elsewhere. Whoever buys at the peg then buys from every arbitrageur there is, and the pool is back at the market as soon as they have acted. A reserve buys time, not a price.",
			v.MarketWorstBps.StringFixed(0))
	case v.PegLost:
		return fmt.Sprintf(
			"The market stayed within %s bps of the peg; it was the flow into the pool that pushed its price out of the band between one trade of an arbitrageur and the next.",
			v.MarketWorstBps.Abs().StringFixed(1))
	case v.MarketWorstBps.Abs().LessThanOrEqual(reach):
		return fmt.Sprintf(
			"The peg held because nothing tested it: the market was never farther than %s bps from it, and arbitrage keeps a pool within its fee of %d bps of the market.",
			v.MarketWorstBps.Abs().StringFixed(1), s.FeeBps)
	}
	return fmt.Sprintf(
		"The market was as far as %s bps from the peg and yet the pool never left the band: the reserve of %s outlasted what arbitrageurs brought in blocks of %v, %d late. Look twice before believing it: a larger table, a smaller reserve and other seeds are the test.",
		v.MarketWorstBps.StringFixed(1), figure.Whole(s.Reserve), s.Block, s.Latency)
}
