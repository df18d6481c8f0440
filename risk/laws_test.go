package risk_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

var _ interface {
	evenkeel.Engine[risk.State, risk.Observation, risk.Decision]
	evenkeel.Identity
} = (*risk.Engine)(nil)

// pick draws one of a few values, so that ties, repeats and edges happen.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// weather draws a look at a market in which anything may happen, and now and then
// a malformed one.
func weather(rng *rand.Rand, s risk.State) risk.Observation {
	t := s.At
	if t.IsZero() {
		t = now
	}
	t = t.Add(pick(rng, time.Minute, time.Minute, time.Minute, time.Hour, 0, 25*time.Hour))
	seen := risk.Observation{At: t, ISIN: isin}
	if rng.IntN(8) > 0 {
		in := anyInputs(rng, t)
		seen.Inputs = &in
	}
	seq := s.LastSeq - min(s.LastSeq, 1)
	for range max(0, rng.IntN(5)-2) {
		seq++
		c := risk.Command{Seq: seq, By: pick(rng, "desk", "desk", "desk", ""), Do: pick(rng, risk.Report, risk.Report, risk.Report, risk.Retell, "dance")}
		if rng.IntN(6) > 0 {
			o := outcome(strconv.Itoa(rng.IntN(90)), pick(rng, market.Paths()...))
			o.Filled, o.Advised = rng.IntN(2) == 0, pick(rng, market.ByMaker, market.ByRFQ, "", "luck")
			c.Outcome = &o
		}
		seen.Commands = append(seen.Commands, c)
	}
	switch rng.IntN(40) {
	case 0:
		seen.At = seen.At.Add(-26 * time.Hour)
	case 1:
		seen.ISIN = "INE094A08184"
	}
	return seen
}

// anyInputs draws what may be known of an instrument.
func anyInputs(rng *rand.Rand, t time.Time) risk.Inputs {
	in := at(t)
	b := &in.Snapshot.Book
	b.Bid = dec(pick(rng, "100.50", "100.50", "99", "100.75"))
	b.Depth, b.BidSize = dec(pick(rng, "5000000", "20000", "0")), dec(pick(rng, "1000000", "1000", "0"))
	b.Volume = dec(pick(rng, "10000000", "10000000", "1000", "0"))
	b.At = t.Add(-pick(rng, 0, 0, 0, time.Minute, 20*time.Minute, 2*time.Hour))
	in.Snapshot.Maker.Online = rng.IntN(4) > 0
	in.Snapshot.Maker.Quotes24h = pick(rng, 0, 9, 45)
	in.Snapshot.Maker.Inventory.High = dec(pick(rng, "1000000", "2000000"))
	if rng.IntN(4) == 0 {
		in.Snapshot.Maker = nil
	}
	if rng.IntN(3) == 0 {
		in.Snapshot.Auction = nil
	}
	in.Snapshot.Bond.Rating = pick(rng, "AA", "AA", "BBB", "B", "D", "")
	in.Snapshot.Bond.Tenor = pick(rng, "5-10Y", "0-1Y", "10Y+", "")
	f := &in.Facts
	f.ESG.Stated, f.Liquidity.Stated = known(pick(rng, "35", "36", "100")), known(pick(rng, "0", "35", "100"))
	f.Credit.Inputs.Rating, f.Credit.Inputs.Outlook = pick(rng, "AA", "D", ""), pick(rng, score.Negative, "")
	if rng.IntN(3) == 0 {
		f.Leverage = risk.Fact[score.Leverage]{}
	}
	if rng.IntN(6) == 0 {
		in.Facts = risk.Facts{}
	}
	f.Governance.At = f.Governance.At.Add(-pick(rng, 0, 0, 0, 25*time.Hour))
	return in
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for _, c := range []risk.Config{config(), risk.AsSeed(dec("100000")), risk.Careful(dec("3000000"))} {
		for seed := range uint64(2) {
			enginetest.Laws(t, engineOf(t, c), seed, 50, weather)
		}
	}
}

// Whatever happens, events are numbered without a gap, a decision names the
// numbers before it, and each cause is told once when it begins and once when it
// ends.
func TestEventsTellTheWholeStory(t *testing.T) {
	t.Parallel()
	e := engineOf(t, config())
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3))
		var s risk.State
		holds := map[risk.AlertType]bool{}
		for range 15 {
			seen := weather(rng, s)
			next, d, err := e.Step(s, seen)
			if err != nil {
				require.ErrorIs(rt, err, risk.ErrInvalid)
				continue
			}
			require.Equal(rt, s.Numbers, d.Before)
			numbers := d.Before
			for i, event := range d.Events {
				require.Equal(rt, s.Numbers.Last()+uint64(i)+1, event.Number)
				numbers = numbers.With(event)
				a := event.Alert
				require.Equal(rt, event.Kind == risk.Alerted, a != nil)
				if a == nil {
					require.NotNil(rt, d.Translation)
					continue
				}
				require.NotEmpty(rt, a.Message)
				require.Equal(rt, next.ISIN, a.ISIN)
				switch a.Type {
				case risk.HighRisk, risk.NoExit, risk.DataQuality:
					require.Equal(rt, holds[a.Type], a.Severity == risk.Info, "%v", a)
					holds[a.Type] = !holds[a.Type]
				default:
					require.Equal(rt, risk.Warning, a.Severity)
				}
			}
			require.Equal(rt, numbers, next.Numbers)
			for _, what := range []risk.AlertType{risk.HighRisk, risk.NoExit, risk.DataQuality} {
				require.Equal(rt, holds[what], slices.Contains(next.Holds, what), what)
			}
			require.Equal(rt, s.Track.Looks+1, next.Track.Looks)
			require.LessOrEqual(rt, len(next.Track.Outcomes), 64)
			require.Equal(rt, seen.Inputs == nil, d.Translation == nil)
			if d.Reason == risk.Same {
				require.Empty(rt, d.Events)
			}
			s = next
		}
	})
}

// Every translation of any market is one that a person can rely on.
func TestEveryTranslationHolds(t *testing.T) {
	t.Parallel()
	careful, asSeed := engineOf(t, config()), engineOf(t, risk.AsSeed(dec("100000")))
	hundred, one := dec("100"), dec("1")
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 4))
		in := anyInputs(rng, now)
		sale := market.Sale{Size: dec(pick(rng, "20000", "100000", "900000", "5000000"))}
		for _, e := range []*risk.Engine{careful, asSeed} {
			got, err := e.Translate(in, sale, risk.Track{})
			require.NoError(rt, err)
			for _, share := range []struct {
				name string
				ok   bool
			}{
				{"confidence", !got.Confidence.IsNegative() && got.Confidence.LessThanOrEqual(one)},
				{"risk confidence", !got.Risk.Confidence.IsNegative() && got.Risk.Confidence.LessThanOrEqual(one)},
				{"overall", !got.Risk.Overall.Value.IsNegative() && got.Risk.Overall.Value.LessThanOrEqual(hundred)},
				{"interval", got.Risk.Overall.Low.LessThanOrEqual(got.Risk.Overall.High)},
			} {
				require.True(rt, share.ok, share.name)
			}
			require.Len(rt, got.Risk.Categories, 8)
			for _, c := range got.Risk.Categories {
				require.Equal(rt, c.Score.Level == score.Insufficient, c.Confidence.IsZero(), c.Category)
			}
			require.GreaterOrEqual(rt, len(got.Caveats), 5)
			_, exit := got.Exits.Best()
			require.Equal(rt, !exit, strings.Contains(got.Retail, "We see no way to sell"))
			for _, text := range []string{got.Retail, got.Professional} {
				require.NotContains(rt, text, "<no value>")
				require.NotContains(rt, text, "\n\n\n")
				require.NotContains(rt, text, "  •")
				require.NotContains(rt, text, "%!")
			}
		}
	})
}
