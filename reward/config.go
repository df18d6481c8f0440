package reward

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Config is fixed for the life of an [Engine].
type Config struct {
	Every     time.Duration // length of a round, whole seconds, 1 s to 24 h; the ALP server's is a minute
	Places    int32         // decimals of a credit, 0 to 18: its last unit is 10^-Places. 12 keeps every credit within 1e-8 of real-number shares
	MaxOrders int           // sightings per round, 1 to 1,000,000
	MaxAge    time.Duration // a sighting counts for so long; at least Every, at most 24 h. Twice Every forgives a late round
	MinAge    time.Duration // an order must have been seen first so long before, so at least twice; 0 counts it at once, at most 24 h

	// MaxTargetTolerance keeps far orders from filling the target: only ranks
	// that earn something and are at most so wide count towards it, up to 1. 0
	// counts every ranked order, as the ALP server does.
	MaxTargetTolerance decimal.Decimal

	Markets []Market // 1 to 256, each exchange and unit once
}

// Market is one unit at one exchange, and what its liquidity is worth.
type Market struct {
	Exchange, Unit string          // up to 64 bytes each, without a slash
	Reward         decimal.Decimal // per round when the target is met, > 0, a multiple of the last unit
	Target         decimal.Decimal // liquidity of both sides, in the pegged asset, > 0
	Ask, Bid       Book            // their ratios sum to 1

	// Auction buys liquidity from the cheapest instead; Reward, Target, Ask and Bid
	// are then left out.
	Auction *Auction `json:",omitempty"`
}

// Book is one side of a market.
type Book struct {
	Ratio decimal.Decimal // part of the market's reward, > 0
	Ranks []Rank          // 1 to 16, in any order; their ratios sum to at most 1
}

// Rank is a band around the peg.
type Rank struct {
	Name      string          // unique in its Book, up to 64 bytes
	Ratio     decimal.Decimal // part of the side's reward, 0 to 1
	Tolerance decimal.Decimal // widest deviation, above 0 to 1, unique in its Book: 0.01 is one percent
}

// Limits on what comes from outside.
const (
	maxMarkets = 256
	maxRanks   = 16
	maxOrders  = 1_000_000
	maxName    = 64
	maxText    = 256 // of an account, an order's name, an approval
	maxGrants  = 64
	maxPlaces  = 18
	day        = 24 * time.Hour
)

func (c Config) validate() error {
	if err := check(
		rule{c.Every >= time.Second && c.Every <= day && c.Every%time.Second == 0, "Every", c.Every, "must be 1 s to 24 h in whole seconds"},
		rule{c.Places >= 0 && c.Places <= maxPlaces, "Places", c.Places, "must be 0 to 18"},
		rule{c.MaxOrders >= 1 && c.MaxOrders <= maxOrders, "MaxOrders", c.MaxOrders, "must be 1 to 1000000"},
		rule{c.MaxAge >= c.Every && c.MaxAge <= day, "MaxAge", c.MaxAge, "must be Every to 24 h"},
		rule{c.MinAge >= 0 && c.MinAge <= day, "MinAge", c.MinAge, "must be 0 to 24 h"},
		rule{valid.InRange(c.MaxTargetTolerance) && !c.MaxTargetTolerance.IsNegative() && c.MaxTargetTolerance.Cmp(one) <= 0, "MaxTargetTolerance", c.MaxTargetTolerance, "must be 0 to 1"},
		rule{len(c.Markets) >= 1 && len(c.Markets) <= maxMarkets, "Markets", len(c.Markets), "must be 1 to 256"},
	); err != nil {
		return err
	}
	seen := make(map[marketID]bool, len(c.Markets))
	for _, m := range c.Markets {
		if err := m.validate(c); err != nil {
			return err
		}
		id := m.id()
		if err := check(rule{!seen[id], "Markets", m.name(), "must be there once"}); err != nil {
			return err
		}
		seen[id] = true
	}
	return nil
}

func (m Market) validate(c Config) error {
	if err := check(
		rule{plain(m.Exchange), "Market.Exchange", m.Exchange, mustBePlain},
		rule{plain(m.Unit), "Market.Unit", m.Unit, mustBePlain},
	); err != nil {
		return err
	}
	if m.Auction != nil {
		if err := check(rule{
			m.Reward.IsZero() && m.Target.IsZero() && m.Ask.isZero() && m.Bid.isZero(),
			m.name() + ".Auction", "beside ranks", "must come without Reward, Target, Ask and Bid",
		}); err != nil {
			return err
		}
		return m.Auction.validate(c, m.name())
	}
	if err := check(
		rule{valid.Positive(m.Reward), m.name() + ".Reward", m.Reward, valid.MustBePositive},
		rule{valid.Positive(m.Target), m.name() + ".Target", m.Target, valid.MustBePositive},
	); err != nil {
		return err
	}
	if err := check(rule{m.Reward.Equal(m.Reward.Truncate(c.Places)), m.name() + ".Reward", m.Reward, fmt.Sprintf("must have at most %d decimals", c.Places)}); err != nil {
		return err
	}
	if err := m.Ask.validate(m.name() + ".ask"); err != nil {
		return err
	}
	if err := m.Bid.validate(m.name() + ".bid"); err != nil {
		return err
	}
	sum := m.Ask.Ratio.Add(m.Bid.Ratio)
	return check(rule{sum.Equal(one), m.name() + ": sum of the ask and bid ratios", sum, "must be 1"})
}

func (b Book) validate(name string) error {
	if err := check(
		rule{valid.Positive(b.Ratio), name + ".Ratio", b.Ratio, valid.MustBePositive},
		rule{len(b.Ranks) >= 1 && len(b.Ranks) <= maxRanks, name + ".Ranks", len(b.Ranks), "must be 1 to 16"},
	); err != nil {
		return err
	}
	var sum decimal.Decimal
	for i, r := range b.Ranks {
		rank := name + "." + r.Name
		if err := check(
			rule{named(r.Name, maxName), name + ": Rank.Name", r.Name, "must have 1 to 64 bytes"},
			rule{valid.InRange(r.Ratio) && !r.Ratio.IsNegative(), rank + ".Ratio", r.Ratio, "must be 0 to 1"},
			rule{valid.Positive(r.Tolerance) && r.Tolerance.Cmp(one) <= 0, rank + ".Tolerance", r.Tolerance, "must be above 0 and at most 1"},
		); err != nil {
			return err
		}
		for _, other := range b.Ranks[:i] {
			if err := check(
				rule{other.Name != r.Name, name + ": Rank.Name", r.Name, "must be there once"},
				rule{!other.Tolerance.Equal(r.Tolerance), rank + ".Tolerance", r.Tolerance, "must differ from that of " + other.Name},
			); err != nil {
				return err
			}
		}
		sum = sum.Add(r.Ratio)
	}
	return check(rule{sum.Cmp(one) <= 0, name + ": sum of the rank ratios", sum, "must be at most 1"})
}

func (b Book) isZero() bool { return b.Ratio.IsZero() && len(b.Ranks) == 0 }

// name is how errors call m: "exchange.unit".
func (m Market) name() string { return m.Exchange + "." + m.Unit }

func (m Market) id() marketID { return marketID{m.Exchange, m.Unit} }

// book returns the side's half of m; side is Ask or Bid.
func (m Market) book(side exchange.Side) Book {
	switch {
	case m.Auction != nil && side == exchange.Ask:
		return m.Auction.Ask.book()
	case m.Auction != nil:
		return m.Auction.Bid.book()
	case side == exchange.Ask:
		return m.Ask
	}
	return m.Bid
}

// most is what a round of m can cost.
func (m Market) most(c Config) decimal.Decimal {
	if m.Auction != nil {
		return m.Auction.most(c)
	}
	return m.Reward
}

// sorted returns a copy of m with the tightest ranks first.
func (m Market) sorted() Market {
	if m.Auction != nil {
		auction := *m.Auction
		m.Auction = &auction
	}
	for _, b := range []*Book{&m.Ask, &m.Bid} {
		b.Ranks = slices.SortedFunc(slices.Values(b.Ranks), func(x, y Rank) int { return x.Tolerance.Cmp(y.Tolerance) })
	}
	return m
}

type marketID struct{ exchange, unit string }
