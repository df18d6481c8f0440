package makerfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

type number = decimal.Decimal

// judge reads the values, and lets those who will use them judge them.
func (f file) judge() (Bot, error) {
	r := &yamlfile.Reader{}
	standard := maker.Careful(cmp.Or(f.Name, "desk"), exchange.Pair{}, number{})
	b := Bot{
		Venue: f.Venue, KeyFile: f.KeyFile, State: cmp.Or(f.State, "sqlite:bot-maker.db"), Metrics: cmp.Or(f.Metrics, "127.0.0.1:9334"),
		Every: r.Duration("every", f.Every, 20*time.Second), DeadMan: r.Duration("dead_man", f.DeadMan, 0),
	}
	if b.Metrics == "off" {
		b.Metrics = ""
	}
	c := maker.Config{
		Name: standard.Name, Pair: r.Pair("pair", f.Pair), Bids: f.Bids.read(r, "bids"), Asks: f.Asks.read(r, "asks"), AddFee: r.Yes("add_fee", f.AddFee, true),
		Band: maker.Band{
			Peg: r.Number("band.peg", f.Band.Peg, "0"), Bps: r.Number("band.bps", f.Band.Bps, "0"),
			Outside: maker.Outside(unless(f.Band.Outside, "stop")), WidenBy: r.Number("band.widen_by", f.Band.WidenBy, "0"),
		},
		Skew: maker.Skew{
			By: maker.Lean(unless(f.Skew.By, "none")), Target: r.Number("skew.target", f.Skew.Target, "0.5"),
			Range: r.Number("skew.range", f.Skew.Range, "0.3"), MaxBps: r.Number("skew.max_bps", f.Skew.MaxBps, "0"),
		},
		TolerancePriceBps: r.Number("tolerance_price_bps", f.TolerancePriceBps, "10"),
		ToleranceAmount:   r.Number("tolerance_amount", f.ToleranceAmount, "0.1"),
		MaxFlow:           r.Number("max_flow", f.MaxFlow, "0"),
		KeepAside:         r.Number("keep_aside", f.KeepAside, "0"),
		MaxLoss:           r.Number("max_loss", f.MaxLoss, "0"),
		MaxAge:            r.Duration("max_age", f.MaxAge, standard.MaxAge),
		CancelAll:         r.Duration("cancel_all", f.CancelAll, standard.CancelAll),
		GiveUp:            r.Duration("give_up", f.GiveUp, standard.GiveUp),
		MaxRetries:        r.Count("max_retries", f.MaxRetries, standard.MaxRetries),
		Stagger:           maker.Stagger{Every: r.Duration("stagger.every", f.Stagger.Every, 0), Slots: r.Count("stagger.slots", f.Stagger.Slots, 0)},
	}
	if r.Yes("live", f.Live, false) {
		c.Mode = maker.Live
	}
	b.Maker, b.Feeds = c, r.Feeds(f.Feeds, b.Every, c.MaxAge)
	r.Must(b.Every >= time.Second && b.Every <= 5*time.Minute, "every", b.Every, "must be 1s to 5m")
	r.Must(b.Every < c.MaxAge, "every", b.Every, "must be below max_age "+c.MaxAge.String()+", or every price is too old")
	r.Must(b.DeadMan == 0 || b.DeadMan >= 10*time.Second && b.DeadMan <= 2*time.Minute && b.DeadMan > 2*b.Every, "dead_man", b.DeadMan, "must be 10s to 2m, and more than twice every")
	if r.Err() == nil { // a value that could not be read would be blamed twice
		_, err := maker.New(c)
		r.Blame(err, maker.ErrInvalid, "", "")
	}
	return b, r.Err()
}

// Live returns what a maker at a real exchange lacks, given the exchanges where
// there can be an account, and those with books that anybody may read.
func (b Bot) Live(accounts, books []string) error {
	r := &yamlfile.Reader{}
	r.Must(slices.Contains(accounts, b.Venue), "venue", b.Venue, "must be one of "+strings.Join(accounts, ", "))
	r.Must(b.KeyFile != "", "key_file", b.KeyFile, "must name the file with the API key")
	for _, s := range b.Feeds.Names {
		r.Must(slices.Contains(books, s), "feeds.sources", s, "must be one of "+strings.Join(books, ", "))
	}
	return r.Err()
}

// Suits returns which orders of a maker the market would never take, at about
// that price.
func (b Bot) Suits(m exchange.Market, price number) error {
	r := &yamlfile.Reader{}
	for _, side := range []struct {
		name string
		maker.Ladder
	}{{"bids", b.Maker.Bids}, {"asks", b.Maker.Asks}} {
		wall := side.Wall
		if wall.IsZero() {
			continue
		}
		r.Must(wall.Mod(m.Lot).IsZero(), side.name+".wall", wall, "must be a multiple of the venue's lot, "+m.Lot.String())
		r.Must(!wall.LessThan(m.MinAmount), side.name+".wall", wall, "must be at least the venue's smallest order, "+m.MinAmount.String()+" "+m.Pair.Base)
		r.Must(!wall.Mul(price).LessThan(m.MinNotional), side.name+".wall", wall, "must be worth at least the venue's smallest order, "+m.MinNotional.String()+" "+m.Pair.Quote)
		r.Must(side.WidthBps.IsZero() || !side.DensityBps.Mul(price).Shift(-4).LessThan(m.Tick), side.name+".density_bps", side.DensityBps, fmt.Sprintf("must be at least the venue's tick, %v at a price of %v", m.Tick, price))
	}
	return r.Err()
}

func (l ladder) read(r *yamlfile.Reader, name string) maker.Ladder {
	r.Must(l.Wall != "", name+".wall", l.Wall, "must be said, in base; 0 quotes nothing on this side")
	return maker.Ladder{
		OffsetBps: r.Number(name+".offset_bps", l.OffsetBps, "20"), Wall: r.Number(name+".wall", l.Wall, "0"),
		WidthBps: r.Number(name+".width_bps", l.WidthBps, "0"), DensityBps: r.Number(name+".density_bps", l.DensityBps, "0"),
		Curve: maker.Curve(cmp.Or(l.Curve, "linear")), Steepness: maker.Steepness(cmp.Or(l.Steepness, "low")), Max: r.Number(name+".max", l.Max, "0"),
	}
}

// unless returns "" for the word that stands for it.
func unless(text, word string) string {
	if text == word {
		return ""
	}
	return text
}
