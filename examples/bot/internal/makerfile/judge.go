package makerfile

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

type number = decimal.Decimal

// judge reads the values, and lets those who will use them judge them.
func (f file) judge() (Bot, error) {
	r := &reader{}
	standard := maker.Careful(cmp.Or(f.Name, "desk"), exchange.Pair{}, number{})
	b := Bot{
		Venue: f.Venue, KeyFile: f.KeyFile, State: cmp.Or(f.State, "sqlite:bot-maker.db"), Metrics: cmp.Or(f.Metrics, "127.0.0.1:9334"),
		Every: r.duration("every", f.Every, 20*time.Second), DeadMan: r.duration("dead_man", f.DeadMan, 0),
	}
	if b.Metrics == "off" {
		b.Metrics = ""
	}
	c := maker.Config{
		Name: standard.Name, Pair: r.pair(f.Pair), Bids: r.ladder("bids", f.Bids), Asks: r.ladder("asks", f.Asks), AddFee: r.yes("add_fee", f.AddFee, true),
		Band: maker.Band{
			Peg: r.number("band.peg", f.Band.Peg, "0"), Bps: r.number("band.bps", f.Band.Bps, "0"),
			Outside: maker.Outside(unless(f.Band.Outside, "stop")), WidenBy: r.number("band.widen_by", f.Band.WidenBy, "0"),
		},
		Skew: maker.Skew{
			By: maker.Lean(unless(f.Skew.By, "none")), Target: r.number("skew.target", f.Skew.Target, "0.5"),
			Range: r.number("skew.range", f.Skew.Range, "0.3"), MaxBps: r.number("skew.max_bps", f.Skew.MaxBps, "0"),
		},
		TolerancePriceBps: r.number("tolerance_price_bps", f.TolerancePriceBps, "10"),
		ToleranceAmount:   r.number("tolerance_amount", f.ToleranceAmount, "0.1"),
		MaxFlow:           r.number("max_flow", f.MaxFlow, "0"),
		KeepAside:         r.number("keep_aside", f.KeepAside, "0"),
		MaxLoss:           r.number("max_loss", f.MaxLoss, "0"),
		MaxAge:            r.duration("max_age", f.MaxAge, standard.MaxAge),
		CancelAll:         r.duration("cancel_all", f.CancelAll, standard.CancelAll),
		GiveUp:            r.duration("give_up", f.GiveUp, standard.GiveUp),
		MaxRetries:        r.count("max_retries", f.MaxRetries, standard.MaxRetries),
		Stagger:           maker.Stagger{Every: r.duration("stagger.every", f.Stagger.Every, 0), Slots: r.count("stagger.slots", f.Stagger.Slots, 0)},
	}
	if r.yes("live", f.Live, false) {
		c.Mode = maker.Live
	}
	b.Maker, b.Feeds = c, r.feeds(f, b.Every, c.MaxAge)
	r.must(b.Every >= time.Second && b.Every <= 5*time.Minute, "every", b.Every, "must be 1s to 5m")
	r.must(b.Every < c.MaxAge, "every", b.Every, "must be below max_age "+c.MaxAge.String()+", or every price is too old")
	r.must(b.DeadMan == 0 || b.DeadMan >= 10*time.Second && b.DeadMan <= 2*time.Minute && b.DeadMan > 2*b.Every, "dead_man", b.DeadMan, "must be 10s to 2m, and more than twice every")
	if len(r.wrong) == 0 { // a value that could not be read would be blamed twice
		_, err := maker.New(c)
		r.blame(err, maker.ErrInvalid, "")
		_, err = exchange.NewFilter(b.Feeds.Filter)
		r.blame(err, exchange.ErrInvalid, "FilterConfig.")
	}
	return b, errors.Join(r.wrong...)
}

// feeds reads the filter. Its first price, and every jump, has to be seen by all
// sources in two looks.
func (r *reader) feeds(f file, every, maxAge time.Duration) Feeds {
	said := f.Feeds
	sources := len(said.Sources)
	for i, s := range said.Sources {
		r.must(!slices.Contains(said.Sources[:i], s), "feeds.sources", s, "must be listed once")
	}
	feeds := Feeds{
		Sources: said.Sources, MaxSpreadBps: r.number("feeds.max_spread_bps", said.MaxSpreadBps, "50"),
		Filter: exchange.FilterConfig{
			Quorum: r.count("feeds.quorum", said.Quorum, sources/2+1), MaxAge: maxAge,
			MaxDivergenceBps: r.number("feeds.max_divergence_bps", said.MaxDivergenceBps, "50"),
			MaxJumpBps:       r.number("feeds.max_jump_bps", said.MaxJumpBps, "100"),
			Confirmations:    sources, ConfirmWithin: max(maxAge, 4*every),
		},
	}
	r.must(!feeds.MaxSpreadBps.IsNegative(), "feeds.max_spread_bps", feeds.MaxSpreadBps, "must be 0 or more")
	r.must(sources > 0 && sources <= 64, "feeds.sources", sources, "must name at least one exchange, at most 64")
	r.must(sources == 0 || feeds.Filter.Quorum <= sources && 2*feeds.Filter.Quorum > sources, "feeds.quorum", feeds.Filter.Quorum, fmt.Sprintf("must be more than half of the %d sources", sources))
	return feeds
}

// Live returns what a maker at a real exchange lacks, given the exchanges where
// there can be an account, and those with books that anybody may read.
func (b Bot) Live(accounts, books []string) error {
	r := &reader{}
	r.must(slices.Contains(accounts, b.Venue), "venue", b.Venue, "must be one of "+strings.Join(accounts, ", "))
	r.must(b.KeyFile != "", "key_file", b.KeyFile, "must name the file with the API key")
	for _, s := range b.Feeds.Sources {
		r.must(slices.Contains(books, s), "feeds.sources", s, "must be one of "+strings.Join(books, ", "))
	}
	return errors.Join(r.wrong...)
}

// Suits returns which orders of a maker the market would never take, at about
// that price.
func (b Bot) Suits(m exchange.Market, price number) error {
	r := &reader{}
	for _, side := range []struct {
		name string
		maker.Ladder
	}{{"bids", b.Maker.Bids}, {"asks", b.Maker.Asks}} {
		wall := side.Wall
		if wall.IsZero() {
			continue
		}
		r.must(wall.Mod(m.Lot).IsZero(), side.name+".wall", wall, "must be a multiple of the venue's lot, "+m.Lot.String())
		r.must(!wall.LessThan(m.MinAmount), side.name+".wall", wall, "must be at least the venue's smallest order, "+m.MinAmount.String()+" "+m.Pair.Base)
		r.must(!wall.Mul(price).LessThan(m.MinNotional), side.name+".wall", wall, "must be worth at least the venue's smallest order, "+m.MinNotional.String()+" "+m.Pair.Quote)
		r.must(side.WidthBps.IsZero() || !side.DensityBps.Mul(price).Shift(-4).LessThan(m.Tick), side.name+".density_bps", side.DensityBps, fmt.Sprintf("must be at least the venue's tick, %v at a price of %v", m.Tick, price))
	}
	return errors.Join(r.wrong...)
}

// reader notes what is wrong.
type reader struct{ wrong []error }

func (r *reader) must(ok bool, field string, value any, rule string) {
	if !ok {
		r.wrong = append(r.wrong, fmt.Errorf("%s %q: %s", field, clip(fmt.Sprint(value)), rule))
	}
}

// blame notes the error of another package under the name that the field has here.
func (r *reader) blame(err, kind error, prefix string) {
	if err == nil {
		return
	}
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), kind.Error()+": "), prefix)
	field, rest, _ := strings.Cut(text, " ")
	r.wrong = append(r.wrong, errors.New(small(field)+" "+rest))
}

// small writes Band.WidenBy as band.widen_by.
func small(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 && name[i-1] != '.' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func (r *reader) pair(text string) exchange.Pair {
	p, err := exchange.ParsePair(text)
	r.must(err == nil, "pair", text, "must be BASE/QUOTE")
	return p
}

func (r *reader) ladder(name string, l ladder) maker.Ladder {
	r.must(l.Wall != "", name+".wall", l.Wall, "must be said, in base; 0 quotes nothing on this side")
	return maker.Ladder{
		OffsetBps: r.number(name+".offset_bps", l.OffsetBps, "20"), Wall: r.number(name+".wall", l.Wall, "0"),
		WidthBps: r.number(name+".width_bps", l.WidthBps, "0"), DensityBps: r.number(name+".density_bps", l.DensityBps, "0"),
		Curve: maker.Curve(cmp.Or(l.Curve, "linear")), Steepness: maker.Steepness(cmp.Or(l.Steepness, "low")), Max: r.number(name+".max", l.Max, "0"),
	}
}

// plainNumber has no exponent, which could make it enormous.
var plainNumber = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

func (r *reader) number(field, text, standard string) number {
	text = cmp.Or(text, standard)
	d, err := decimal.NewFromString(text)
	ok := err == nil && plainNumber.MatchString(text)
	r.must(ok, field, text, "must be a plain number, below 1e18 with at most 18 decimals")
	if !ok {
		return number{}
	}
	return d
}

func (r *reader) duration(field, text string, standard time.Duration) time.Duration {
	if text == "" {
		return standard
	}
	d, err := time.ParseDuration(text)
	r.must(err == nil && d >= 0, field, text, "must be a time such as 30s or 5m")
	return d
}

func (r *reader) count(field, text string, standard int) int {
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	r.must(err == nil, field, text, "must be a whole number")
	return n
}

func (r *reader) yes(field, text string, standard bool) bool {
	if text == "" {
		return standard
	}
	r.must(text == "true" || text == "false", field, text, "must be true or false")
	return text == "true"
}

// unless returns "" for the word that stands for it.
func unless(text, word string) string {
	if text == word {
		return ""
	}
	return text
}

// clip keeps a value short.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
