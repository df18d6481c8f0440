package reward_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/enginetest"
	"github.com/evenkeelhq/evenkeel/reward"
)

var update = flag.Bool("update", false, "rewrite testdata/replay.jsonl")

var _ interface {
	evenkeel.Engine[reward.State, reward.Observation, reward.Decision]
	evenkeel.Identity
} = (*reward.Engine)(nil)

// pick draws one of a few values, so that ties, repeats and edges happen.
func pick[T any](rng *rand.Rand, values ...T) T { return values[rng.IntN(len(values))] }

// rough is a configuration of few units, in which remainders matter.
func rough(c *reward.Config) {
	c.Places, c.MinAge = 2, 30*time.Second
	for i := range c.Markets {
		m := &c.Markets[i]
		m.Reward, m.Target = dec("0.17"), dec("11")
		m.Bid.Ranks = []reward.Rank{
			{Name: "near", Ratio: dec("0.5"), Tolerance: dec("0.01")},
			{Name: "mid", Ratio: dec("0.3"), Tolerance: dec("0.05")},
			{Name: "far", Ratio: dec("0.1"), Tolerance: dec("0.2")},
		}
	}
}

// weather draws a round: stakes of 1, 2 or 3, names and people that repeat,
// orders out of range, out of date or out of any market, and now and then a
// malformed one.
func weather(rng *rand.Rand, s reward.State) reward.Observation {
	at := s.At
	if at.IsZero() {
		at = start
	}
	seen := reward.Observation{At: at.Add(pick(rng, 0, 30*time.Second, time.Minute, time.Minute, time.Minute, time.Minute, time.Hour))}
	id := s.LastID - min(s.LastID, rng.Uint64N(2))
	for range rng.IntN(9) {
		id += 1 + rng.Uint64N(2)
		o := bid(id, pick(rng, "ann", "bob", "cid"), pick(rng, "1", "1", "1.01", "0.99", "0.97", "0.85", "1.3", "0.5"), pick(rng, "1", "2", "3", "1.00"))
		o.OrderID = pick(rng, o.OrderID, o.OrderID, o.OrderID, "twin")
		o.Side = pick(rng, exchange.Ask, exchange.Bid)
		o.Unit = pick(rng, "btc", "btc", "btc", "ppc", "doge")
		o.SeenAt = seen.At.Add(-pick(rng, 0, time.Second, time.Minute, 3*time.Minute, -time.Second))
		o.Since = o.SeenAt.Add(-pick(rng, 0, time.Minute, time.Minute, time.Hour))
		seen.Orders = append(seen.Orders, o)
	}
	if n := len(seen.Orders); n > 0 && rng.IntN(20) == 0 {
		broken := &seen.Orders[rng.IntN(n)]
		broken.Amount = dec(pick(rng, "0", "-1", "1e30"))
	}
	if s.Balance.LessThan(dec("0.4")) && rng.IntN(3) == 0 {
		seen.Grants = []reward.Grant{{Seq: max(1, s.LastSeq), Amount: dec("1"), Approval: "a"}, {Seq: s.LastSeq + 2, Amount: dec(pick(rng, "0.05", "2")), Approval: "b"}}
	}
	return seen
}

func TestLaws(t *testing.T) {
	for seed := range uint64(4) {
		state := enginetest.Laws(t, engine(t, rough), seed, 300, weather)
		require.True(t, state.Credited.IsPositive())
	}
}

// Nothing is made and nothing lost, in any weather, and every reason and verdict
// has its day.
func TestConservation(t *testing.T) {
	e := engine(t, rough)
	happened := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		var state reward.State
		paid := map[uint64]bool{}
		for range 30 {
			seen := weather(rng, state)
			next, d, err := e.Step(state, seen)
			if err != nil {
				require.ErrorIs(t, err, reward.ErrInvalid)
				continue
			}
			require.NoError(t, conserved(next, d, seen.Orders))
			require.Equal(t, state.Credited.Add(d.Paid).String(), next.Credited.String())
			require.Equal(t, d.Round > state.Round, d.Reason != reward.RoundDone)
			happened[string(d.Reason)] = true
			for _, o := range d.Orders {
				happened[string(o.Verdict)] = true
				if o.Verdict == reward.Credited {
					require.False(t, paid[o.ID], "sighting %d is credited twice", o.ID)
					paid[o.ID] = true
				}
			}
			state = next
		}
	})
	for _, r := range []reward.Reason{reward.Paid, reward.Unearned, reward.GrantShort, reward.RoundDone} {
		require.True(t, happened[string(r)], r)
	}
	for _, v := range []reward.Verdict{reward.Credited, reward.Unfunded, reward.Duplicate, reward.Unranked, reward.NoMarket, reward.Stale, reward.Young, reward.Replayed} {
		require.True(t, happened[string(v)], v)
	}
}

// Stakes of 1, 2 or 3 share any pot: the credits sum to it, each differs from
// its exact quota by less than a unit, and a larger stake never earns less.
func TestSplitIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pot := rapid.Int64Range(1, 40).Draw(t, "pot")
		stakes := rapid.SliceOfN(rapid.Int64Range(1, 3), 1, 12).Draw(t, "stakes")
		cfg := config()
		units(fmt.Sprint(2*pot), "0.5", "0.5")(&cfg)
		cfg.Markets[0].Target = dec("1")
		e, err := reward.New(cfg)
		require.NoError(t, err)
		seen := reward.Observation{At: start, Grants: funds("1000")}
		var total int64
		for i, s := range stakes {
			seen.Orders = append(seen.Orders, bid(uint64(i+1), "ann", "1", fmt.Sprint(s)))
			total += s
		}
		_, d, err := e.Step(reward.State{}, seen)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(pot), d.Paid.String())
		for i, s := range stakes {
			amount := d.Orders[i].Amount.IntPart()
			require.Less(t, max(amount*total-pot*s, pot*s-amount*total), total, "quota of %d", i)
			for j, other := range stakes {
				if s > other {
					require.GreaterOrEqual(t, amount, d.Orders[j].Amount.IntPart())
				}
			}
		}
	})
}

// An order split in two earns what the whole did, to the last units.
func TestSplittingAnOrderGainsNothing(t *testing.T) {
	step := func(amounts ...string) decimal.Decimal {
		seen := reward.Observation{At: start, Grants: funds("1000"), Orders: []reward.Order{bid(1, "bob", "1", "700")}}
		for i, a := range amounts {
			seen.Orders = append(seen.Orders, bid(uint64(i+2), "ann", "1", a))
		}
		_, d, err := engine(t, nil).Step(reward.State{}, seen)
		require.NoError(t, err)
		return d.Paid.Sub(d.Orders[0].Amount)
	}
	whole, parts := step("301"), step("100.3", "0.7", "200")
	require.True(t, whole.Sub(parts).Abs().LessThan(dec("3e-12")), "%v and %v", whole, parts)
}

// A walk of fixed weather, decided as it was when it was last reviewed.
func TestReplay(t *testing.T) {
	e := engine(t, rough)
	rng := rand.New(rand.NewPCG(2026, 7))
	var got strings.Builder
	var state reward.State
	for range 40 {
		seen := weather(rng, state)
		next, d, err := e.Step(state, seen)
		if err != nil {
			fmt.Fprintln(&got, err)
			continue
		}
		line, err := json.Marshal(struct {
			At       time.Time
			Decision reward.Decision
		}{seen.At, d})
		require.NoError(t, err)
		fmt.Fprintln(&got, string(line))
		state = next
	}
	path := filepath.Join("testdata", "replay.jsonl")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
