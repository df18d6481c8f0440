package risk

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Translate says what a person should know before a sale. track is what has been
// learnt so far, see [State]. Malformed input is an [ErrInvalid].
func (e *Engine) Translate(in Inputs, sale market.Sale, track Track) (Translation, error) {
	if err := cmp.Or(in.Validate(), track.validate()); err != nil {
		return Translation{}, err
	}
	return e.translate(in.utc(), sale, track)
}

// translate is Translate of what is well-formed, in UTC. It may still be nothing
// for this engine's policy, which is an [ErrInvalid].
func (e *Engine) translate(in Inputs, sale market.Sale, track Track) (Translation, error) {
	s := in.Snapshot
	record, err := market.NewRecord(track.sales())
	if err != nil {
		return Translation{}, fmt.Errorf("%w: Track: %w", ErrInvalid, err)
	}
	desk := e.desk
	desk.Turnovers, desk.Record = in.Turnovers, record
	found, err := desk.Assess(s, sale)
	if err != nil {
		return Translation{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	t := Translation{
		ISIN: s.Book.ISIN, At: s.Now, Sale: sale, Maker: s.Maker, Bond: s.Bond,
		Profile: found.Profile, Exits: found.Exits,
		Freshness: e.freshness(in), Models: e.models, Origins: originsOf(in),
	}
	if t.Risk, err = e.summarize(in); err != nil {
		return Translation{}, err
	}
	t.Confidence = e.confidence(t)
	t.Warnings, t.Caveats = e.warnings(t), e.caveats(t)
	t.Metrics = track.metrics(t.Profile.Index)
	if t.Hash, err = e.Hash(in, sale, track); err != nil {
		return Translation{}, err
	}
	return t, e.tell(&t)
}

func originsOf(in Inputs) Origins {
	s := in.Snapshot
	o := Origins{Book: Evidence{Source: in.Sources.Book, At: s.Book.At}, Bond: in.Sources.Bond}
	if s.Auction != nil {
		o.Auction = &Evidence{Source: in.Sources.Auction, At: s.Auction.At}
	}
	if s.Maker != nil {
		o.Maker = &Evidence{Source: in.Sources.Maker, At: s.Maker.At}
	}
	return o
}

// summarize rates the eight categories and joins them.
func (e *Engine) summarize(in Inputs) (Summary, error) {
	sum := Summary{At: in.Snapshot.Now}
	var factors []score.Factor
	for _, r := range in.Facts.rate(e.cfg.Weights) {
		s, err := r.score()
		if err != nil {
			return Summary{}, fmt.Errorf("%w: %s: %w", ErrInvalid, r.category, err)
		}
		if s.Level == score.Insufficient && e.cfg.SeedDefaults {
			s = score.Score{Value: decimal.New(50, 0), Level: score.Medium, Coverage: one}
		}
		a := Assessed{Category: r.category, Weight: r.weight, Score: s, Evidence: r.evidence}
		if s.Level != score.Insufficient {
			a.Confidence = r.trust.Mul(s.Coverage).Round(places)
		}
		sum.Categories = append(sum.Categories, a)
		sum.Confidence = sum.Confidence.Add(a.Confidence.Mul(r.weight))
		factors = append(factors, score.Factor{Name: string(r.category), Weight: r.weight, Score: s})
		if r.evidence.Source != "" && r.evidence.At.Before(sum.At) {
			sum.At = r.evidence.At
		}
	}
	sum.Confidence = sum.Confidence.Round(places)
	joint, err := score.Join(factors, e.cfg.Known)
	if err != nil {
		return Summary{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	sum.Overall = joint
	return sum, nil
}

// freshness is that of the oldest of book, auction and maker, and [market.Outdated]
// if a fact has not been checked for too long. The translator asked for the age of
// the book alone, and a [market.SeedCompatible] policy does as it did.
func (e *Engine) freshness(in Inputs) market.Freshness {
	s := in.Snapshot
	for _, known := range in.Facts.evidence() {
		if s.Now.Sub(known.At) > e.cfg.FactsFor {
			return market.Outdated
		}
	}
	age := s.Now.Sub(s.Book.At)
	if e.cfg.Policy.Strictness == market.Enforced {
		if s.Auction != nil {
			age = max(age, s.Now.Sub(s.Auction.At))
		}
		if s.Maker != nil {
			age = max(age, s.Now.Sub(s.Maker.At))
		}
	}
	return market.FreshnessOf(age)
}

// confidence is min(1, 0.4 risk + 0.3 liquidity + 0.3 exits), and an index without
// data adds nothing.
func (e *Engine) confidence(t Translation) decimal.Decimal {
	index := t.Profile.Index.Confidence
	if t.Profile.Index.Level == market.Insufficient && !e.cfg.SeedDefaults {
		index = decimal.Decimal{}
	}
	sum := t.Risk.Confidence.Mul(decimal.New(4, -1)).Add(index.Add(t.Exits.Confidence).Mul(decimal.New(3, -1)))
	return decimal.Min(one, sum).Round(places)
}

// old reports whether data of that freshness should be looked at twice.
func old(f market.Freshness) bool { return f == market.Stale || f == market.Outdated }
