package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// exchange reads the markets of one exchange.
func (r *reader) exchange(name, pegged string) []Market {
	if !venue.Supported(name) {
		r.problem("%.64s is not a supported exchange", name)
	}
	units := r.said.Exchanges[name]
	r.must(len(units) > 0, "exchanges."+name, len(units), "must have at least one unit")
	var markets []Market
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		said := units[unit]
		if said == nil {
			said = &marketSection{}
		}
		markets = append(markets, r.market(name, unit, pegged, *said))
	}
	return markets
}

func (r *reader) market(name, unit, pegged string, said marketSection) Market {
	m := Market{Market: reward.Market{Exchange: name, Unit: unit}}
	at := name + "." + unit
	m.Reward = r.positive("reward", at, said.Reward)
	m.Target = r.positive("target", at, said.Target)
	if said.Reverse.set {
		m.Reverse = r.boolean(at+".reverse", said.Reverse)
	} else {
		r.problem("There is no reverse parameter for %s", at)
	}
	ask, bid := said.Ask, said.Bid
	if ask == nil {
		r.problem("%s has no 'ask' details", at)
	}
	if bid == nil {
		r.problem("%s has no 'bid' details", at)
	}
	if ask != nil {
		m.Ask.Ratio = r.positive("ratio", at+".ask", ask.Ratio)
	}
	if bid != nil {
		m.Bid.Ratio = r.positive("ratio", at+".bid", bid.Ratio)
	}
	if m.Ask.Ratio.IsPositive() && m.Bid.Ratio.IsPositive() && !m.Ask.Ratio.Add(m.Bid.Ratio).Equal(one) {
		r.problem("The ask and bid ratios don't add up to 1.0 (%s: %v + %v)", at, m.Ask.Ratio, m.Bid.Ratio)
	}
	if ask != nil {
		m.Ask.Ranks = r.ranks(at+".ask", *ask)
	}
	if bid != nil {
		m.Bid.Ranks = r.ranks(at+".bid", *bid)
	}
	m.Pair = r.traded(at, unit, pegged, m.Reverse, said.Pair)
	r.name("exchanges."+name, scalar{text: unit})
	return m
}

// positive reads a number in the words of the ALP server.
func (r *reader) positive(what, at string, s scalar) decimal.Decimal {
	if !s.set {
		r.problem("There is no %s set for %s", what, at)
		return decimal.Decimal{}
	}
	d, ok := s.number()
	if !ok || !d.IsPositive() {
		r.problem("The %s set for %s is incorrect (%.64q: must be a plain number > 0)", what, at, s.text)
		return decimal.Decimal{}
	}
	return d
}

// ranks reads those of one side, the tightest first.
func (r *reader) ranks(at string, said bookSection) []reward.Rank {
	r.must(len(said.Ranks) >= 1 && len(said.Ranks) <= 16, at, len(said.Ranks), "must have 1 to 16 ranks")
	var ranks []reward.Rank
	var sum decimal.Decimal
	widths := map[string]string{} // rank by tolerance
	for _, name := range slices.Sorted(maps.Keys(said.Ranks)) {
		field := at + "." + name
		r.must(name != "" && len(name) <= 64 && name != "total", at, name, "a rank's name must have 1 to 64 bytes and not be total")
		ratio := r.amount(field+".ratio", said.Ranks[name].Ratio)
		tolerance := r.amount(field+".tolerance", said.Ranks[name].Tolerance.or(scalar{text: "1.0"}))
		r.must(tolerance.IsPositive() && tolerance.Cmp(one) <= 0, field+".tolerance", tolerance, "must be above 0 and at most 1")
		if other, taken := widths[tolerance.String()]; taken {
			r.must(false, field+".tolerance", tolerance, "must differ from that of "+other)
		}
		widths[tolerance.String()] = name
		ranks, sum = append(ranks, reward.Rank{Name: name, Ratio: ratio, Tolerance: tolerance}), sum.Add(ratio)
	}
	r.must(sum.Cmp(one) <= 0, "The rank ratios of "+at+" add up to", sum, "must be at most 1")
	slices.SortStableFunc(ranks, func(a, b reward.Rank) int { return a.Tolerance.Cmp(b.Tolerance) })
	return ranks
}

// traded returns the pair of a market at its exchange.
func (r *reader) traded(at, unit, pegged string, reverse bool, said scalar) exchange.Pair {
	pair := exchange.Pair{Base: strings.ToUpper(unit), Quote: pegged}
	if reverse {
		pair = exchange.Pair{Base: pegged, Quote: strings.ToUpper(unit)}
	}
	if said.set {
		pair = r.pair(at+".pair", said)
	}
	if reverse {
		r.must(pair.Base == pegged, at+".pair", pair, "must have "+pegged+" as its base, since reverse is true")
	} else {
		r.must(pair.Quote == pegged, at+".pair", pair, "must have "+pegged+" as its quote, since reverse is false")
	}
	return pair
}

// prices reads where the price of each unit comes from.
func (r *reader) prices(c *Config) {
	c.Prices = map[string]Price{}
	for _, unit := range slices.Sorted(maps.Keys(r.said.Prices)) {
		c.Prices[unit] = r.price("prices."+unit, r.said.Prices[unit])
	}
}

func (r *reader) price(field string, said priceSection) Price {
	var p Price
	if said.Fixed.set {
		p.Fixed = r.amount(field+".fixed", said.Fixed)
		r.must(p.Fixed.IsPositive(), field+".fixed", said.Fixed.text, "must be > 0")
		r.must(!said.Main.Venue.set && len(said.Backups) == 0, field, "fixed", "must stand alone, or main and backups instead")
		return p
	}
	p.Main = r.source(field+".main", said.Main)
	r.must(len(said.Backups) >= 1 && len(said.Backups) <= 16, field+".backups", len(said.Backups), "must be 1 to 16: one source alone may be wrong")
	for _, b := range said.Backups {
		p.Backups = append(p.Backups, r.source(field+".backups", b))
	}
	p.MaxAge = r.duration(field+".max_age", said.MaxAge.or(scalar{text: "10m"}), time.Minute, 24*time.Hour)
	return p
}

func (r *reader) source(field string, said sourceSection) Source {
	r.must(venue.Quotes(said.Venue.text), field+".venue", said.Venue.text, "must be one of "+strings.Join(venue.Quoting(), ", "))
	return Source{said.Venue.text, r.pair(field+".pair", said.Pair)}
}
