package pmm_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// life is a pmm/*_sequence.json: all that happened to one pool in an EVM.
type life struct {
	Pool    string            `json:"pool"`
	Params  map[string]string `json:"params"`
	Initial snapshot          `json:"initial"`
	Steps   []lifeStep        `json:"steps"`
}

type lifeStep struct {
	N      int               `json:"n"`
	Op     string            `json:"op"`
	Args   map[string]string `json:"args"`
	Query  map[string]string `json:"query"` // asked just before; nil if not
	Result map[string]string `json:"result"`
	Revert bool              `json:"revert"`
	Reason string            `json:"reason"`
	After  snapshot          `json:"after"`
}

// snapshot is what the pool's getters say, with the trader's and the only
// provider's balances.
type snapshot map[string]any

func (s snapshot) str(key string) string {
	switch v := s[key].(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprint(v)
	}
}

func (s snapshot) wei(key string) uint256.Int { return wei(s.str(key)) }

// wei reads a decimal number; the empty string is 0.
func wei(s string) uint256.Int {
	var z uint256.Int
	if s == "" {
		return z
	}
	if err := z.SetFromDecimal(s); err != nil {
		panic(fmt.Sprintf("%q: %v", s, err))
	}
	return z
}

func loadLife(tb testing.TB, name string) life {
	tb.Helper()
	text, err := os.ReadFile(vectors.Path(tb, name))
	require.NoError(tb, err)
	var l life
	require.NoError(tb, json.Unmarshal(text, &l))
	return l
}

// replay is a pool on its way through a life.
type replay struct {
	pool                    pmm.Pool
	traderBase, traderQuote uint256.Int
}

func newReplay(tb testing.TB, l *life) *replay {
	tb.Helper()
	var kind pmm.Kind
	require.NoError(tb, kind.UnmarshalText([]byte(l.Pool)))
	at := l.Initial
	r := &replay{traderBase: at.wei("traderBase"), traderQuote: at.wei("traderQuote")}
	r.pool = pmm.Pool{
		Kind: kind,
		Curve: pmm.Curve{
			I: wei(l.Params["i"]), K: wei(l.Params["K"]),
			B: at.wei("baseReserve"), Q: at.wei("quoteReserve"),
			B0: at.wei("baseTargetStored"), Q0: at.wei("quoteTargetStored"),
		},
		LPFeeRate: wei(l.Params["lpFeeRate"]), MTFeeRate: wei(l.Params["mtFeeRate"]),
		Supply:         at.wei("totalSupply"),
		MaintainerBase: at.wei("maintainerBase"), MaintainerQuote: at.wei("maintainerQuote"),
		Time: seconds(at, "timestamp"),
		TWAP: pmm.TWAP{
			Open:      l.Params["isOpenTWAP"] == "true",
			Last:      seconds(at, "blockTimestampLast"),
			PostTrade: at.wei("basePriceCumulativeLast"),
		},
	}
	if kind == pmm.DVM {
		r.pool.Curve.R, r.pool.Curve.B0, r.pool.Curve.Q0 = pmm.AboveOne, uint256.Int{}, uint256.Int{}
	} else {
		r.pool.Curve.R = pmm.RState(at.wei("R")[0])
	}
	// The contract's version says how many shares the first deposit locks, and
	// the life how many its provider lacks.
	first := at
	for i := 0; first.str("totalSupply") == "0" && i < len(l.Steps); i++ {
		first = l.Steps[i].After
	}
	supply, held := first.wei("totalSupply"), first.wei("lpShares")
	r.pool.LockedShares = supply[0] - held[0]
	require.NoError(tb, r.pool.Validate())
	return r
}

func seconds(s snapshot, key string) uint32 {
	t := s.wei(key)
	return uint32(t[0])
}

// do carries out one step at the time of its snapshot and says what came of it,
// in the words of the file.
func (r *replay) do(step *lifeStep) (query, result map[string]string, err error) {
	arg := func(key string) uint256.Int { return wei(step.Args[key]) }
	before := r.pool
	r.pool.Time = seconds(step.After, "timestamp")
	var next pmm.Pool
	switch step.Op {
	case "sell_base", "sell_quote":
		var side pmm.Side
		if err := side.UnmarshalText([]byte(step.Op)); err != nil {
			return nil, nil, err
		}
		if q, err := before.Quote(side, arg("pay")); err == nil {
			query = map[string]string{"receive": q.Receive.Dec(), "mtFee": q.MTFee.Dec(), "newR": digit(q.R), "newTarget": q.Target.Dec()}
		}
		var q pmm.Quote
		next, q, err = r.pool.Swap(side, arg("pay"))
		result = map[string]string{"receive": q.Receive.Dec()}
		if err == nil {
			r.trade(side, arg("pay"), q.Receive)
		}
	case "buyShares":
		var shares uint256.Int
		base, quote := arg("base"), arg("quote")
		next, shares, err = r.pool.BuyShares(base, quote)
		result = map[string]string{"baseInput": base.Dec(), "quoteInput": quote.Dec(), "shares": shares.Dec()}
		if err == nil {
			r.move(uint256.Int{}, uint256.Int{}, base, quote)
		}
	case "sellShares":
		var base, quote uint256.Int
		next, base, quote, err = r.pool.SellShares(arg("shares"), arg("baseMinAmount"), arg("quoteMinAmount"))
		result = map[string]string{"baseAmount": base.Dec(), "quoteAmount": quote.Dec()}
		r.move(base, quote, uint256.Int{}, uint256.Int{})
	case "flashLoan":
		f := pmm.Flash{BaseOut: arg("base"), QuoteOut: arg("quote"), BaseBack: arg("returnBase"), QuoteBack: arg("returnQuote")}
		next, _, err = r.pool.Flash(f) // the borrower is somebody else
	case "reset":
		next, err = r.pool.Reset(pmm.Reset{
			I: arg("newI"), K: arg("newK"), LPFeeRate: arg("newLpFeeRate"),
			BaseOut: arg("baseOut"), QuoteOut: arg("quoteOut"), MinBase: arg("minBaseReserve"), MinQuote: arg("minQuoteReserve"),
		})
		result = map[string]string{"ok": "1"}
		if err == nil {
			r.move(arg("baseOut"), arg("quoteOut"), uint256.Int{}, uint256.Int{})
		}
	case "ratioSync", "sync":
		change := r.pool.RatioSync
		if step.Op == "sync" {
			change = r.pool.Sync
		}
		next, err = change(arg("donatedBase"), arg("donatedQuote"))
		if err == nil {
			r.move(uint256.Int{}, uint256.Int{}, arg("donatedBase"), arg("donatedQuote"))
		}
	case "correctRState":
		next, err = r.pool.CorrectRState()
	default:
		return nil, nil, fmt.Errorf("unknown op %q", step.Op)
	}
	r.pool = next
	if err != nil {
		result = nil
	}
	return query, result, err
}

func (r *replay) trade(side pmm.Side, pay, receive uint256.Int) {
	if side == pmm.SellBase {
		r.move(uint256.Int{}, receive, pay, uint256.Int{})
	} else {
		r.move(receive, uint256.Int{}, uint256.Int{}, pay)
	}
}

// move pays the trader and charges it.
func (r *replay) move(baseIn, quoteIn, baseOut, quoteOut uint256.Int) {
	r.traderBase.Add(&r.traderBase, &baseIn).Sub(&r.traderBase, &baseOut)
	r.traderQuote.Add(&r.traderQuote, &quoteIn).Sub(&r.traderQuote, &quoteOut)
}

// snapshot says what the pool's getters would.
func (r *replay) snapshot() map[string]string {
	p, c := &r.pool, &r.pool.Curve
	adjusted, err := p.Adjusted()
	if err != nil {
		adjusted = pmm.Curve{}
	}
	shares := p.Supply
	if !shares.IsZero() {
		shares.SubUint64(&shares, p.LockedShares)
	}
	s := map[string]string{
		"timestamp":   fmt.Sprint(p.Time),
		"baseReserve": c.B.Dec(), "quoteReserve": c.Q.Dec(),
		"baseTargetStored": c.B0.Dec(), "quoteTargetStored": c.Q0.Dec(),
		"R":                  digit(c.R),
		"baseTargetAdjusted": adjusted.B0.Dec(), "quoteTargetAdjusted": adjusted.Q0.Dec(),
		"basePriceCumulativeLast": p.TWAP.PostTrade.Dec(), "blockTimestampLast": fmt.Sprint(p.TWAP.Last),
		"totalSupply": p.Supply.Dec(), "lpShares": shares.Dec(),
		"maintainerBase": p.MaintainerBase.Dec(), "maintainerQuote": p.MaintainerQuote.Dec(),
		"traderBase": r.traderBase.Dec(), "traderQuote": r.traderQuote.Dec(),
		"i": c.I.Dec(), "K": c.K.Dec(), "lpFeeRate": p.LPFeeRate.Dec(),
	}
	if mid, err := p.Mid(); err != nil {
		s["midRevert"] = reason(err)
	} else {
		s["midPrice"] = mid.Dec()
	}
	return s
}

// compare says where the replay departs from the file. What a life does not
// state (a DPP has no shares, a DVM no stored targets) is not compared.
func (s snapshot) compare(got map[string]string) string {
	want := map[string]string{}
	for key := range s {
		if text := s.str(key); text != "" {
			want[key] = text
		}
	}
	stated := map[string]string{}
	for key, value := range got {
		if _, ok := want[key]; ok || key == "midPrice" || key == "midRevert" {
			stated[key] = value
		}
	}
	return cmp.Diff(want, stated)
}

// subset says where got lacks what the file states.
func subset(want, got map[string]string) string {
	stated := map[string]string{}
	for key := range want {
		if value, ok := got[key]; ok {
			stated[key] = value
		}
	}
	return cmp.Diff(want, stated, cmpEmpty)
}

var cmpEmpty = cmp.FilterValues(
	func(x, y map[string]string) bool { return len(x) == 0 && len(y) == 0 },
	cmp.Ignore(),
)

func TestALifeIsReplayedExactly(t *testing.T) {
	for _, name := range vectors.Glob(t, "pmm/*_sequence.json") {
		t.Run(name, func(t *testing.T) {
			l := loadLife(t, name)
			r := newReplay(t, &l)
			require.Empty(t, l.Initial.compare(r.snapshot()), "initial (-contract +pmm)")
			passed, failed := 0, 0
			for i := range l.Steps {
				step := &l.Steps[i]
				before := r.pool
				query, result, err := r.do(step)
				diff := cmp.Diff(step.Reason, reason(err)) + subset(step.Query, query) + subset(step.Result, result) + step.After.compare(r.snapshot())
				if err != nil {
					before.Time = r.pool.Time
					diff += cmp.Diff(before, r.pool)
				}
				if diff != "" {
					failed++
					t.Errorf("step %d %s (-contract +pmm):\n%s", step.N, step.Op, diff)
					continue
				}
				passed++
			}
			vectors.Report(t, name, passed, failed)
		})
	}
}
