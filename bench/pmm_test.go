package bench_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/bench/bigint"
	"github.com/evenkeelhq/evenkeel/pmm"
)

const vectors = "../pmm/testdata/vectors/pmm/"

// sale is one case of the golden set, as text and for either library.
type sale struct {
	ID, Kind, Side     string
	I, K, B, Q, B0, Q0 string
	R                  string
	Pay                string
	LPFeeRate          string
	MTFeeRate          string
	Receive, NewR      string
	MTFee, NewTarget   string
	AdjB0, AdjQ0, Mid  string
	Revert             bool
	Reason             string

	base bool
	pool pmm.Pool
	pay  uint256.Int
	peer bigint.Pool
	paid *big.Int
}

func number(s string) *big.Int {
	z, _ := new(big.Int).SetString(s, 10)
	if z == nil {
		return new(big.Int)
	}
	return z
}

func wei(s string) uint256.Int { return *uint256.MustFromBig(number(s)) }

func (c *sale) prepare() {
	c.base = c.Side == "base"
	c.pay, c.paid = wei(c.Pay), number(c.Pay)
	r := int(number(c.R).Int64())
	c.pool = pmm.Pool{
		Kind:      pmm.DSP,
		Curve:     pmm.Curve{I: wei(c.I), K: wei(c.K), B: wei(c.B), Q: wei(c.Q), B0: wei(c.B0), Q0: wei(c.Q0), R: pmm.RState(r)},
		LPFeeRate: wei(c.LPFeeRate), MTFeeRate: wei(c.MTFeeRate),
	}
	c.peer = bigint.Pool{
		I: number(c.I), K: number(c.K), B: number(c.B), Q: number(c.Q), B0: number(c.B0), Q0: number(c.Q0), R: r,
		LPFeeRate: number(c.LPFeeRate), MTFeeRate: number(c.MTFeeRate), Cumulative: new(big.Int),
	}
}

func (c *sale) side() pmm.Side {
	if c.base {
		return pmm.SellBase
	}
	return pmm.SellQuote
}

func loadSales(tb testing.TB) []sale {
	tb.Helper()
	file, err := os.Open(vectors + "curve.jsonl")
	require.NoError(tb, err)
	defer func() { require.NoError(tb, file.Close()) }()
	var sales []sale
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var c sale
		require.NoError(tb, json.Unmarshal(lines.Bytes(), &c))
		c.prepare()
		sales = append(sales, c)
	}
	require.NoError(tb, lines.Err())
	return sales
}

// A peer that is wrong proves nothing by being slow.
func TestTheMathBigPeerIsExact(t *testing.T) {
	tested := 0
	for _, c := range loadSales(t) {
		var err error
		switch c.Kind {
		case "sell":
			var out *big.Int
			var r int
			if out, r, err = c.peer.Sell(c.base, c.paid); err == nil {
				require.Equal(t, []string{c.Receive, c.NewR}, []string{out.String(), string(rune('0' + r))}, c.ID)
			}
		case "query":
			var q bigint.Quote
			if q, err = c.peer.Quote(c.base, c.paid); err == nil {
				require.Equal(t, []string{c.Receive, c.NewR, c.MTFee, c.NewTarget},
					[]string{q.Receive.String(), string(rune('0' + q.R)), q.MTFee.String(), q.Target.String()}, c.ID)
			}
		case "target":
			var b0, q0 *big.Int
			if b0, q0, err = c.peer.Adjusted(); err == nil {
				require.Equal(t, []string{c.AdjB0, c.AdjQ0}, []string{b0.String(), q0.String()}, c.ID)
			}
		case "mid":
			var mid *big.Int
			if mid, err = c.peer.Mid(); err == nil {
				require.Equal(t, c.Mid, mid.String(), c.ID)
			}
		default:
			continue
		}
		require.Equal(t, c.Revert, err != nil, c.ID)
		if err != nil {
			require.EqualError(t, err, c.Reason, c.ID)
		}
		tested++
	}
	require.Greater(t, tested, 1000)
}

// ours and theirs are one question to either library.
type ours struct {
	pool pmm.Pool
	side pmm.Side
	pay  uint256.Int
}

type theirs struct {
	pool bigint.Pool
	base bool
	pay  *big.Int
}

// questions are the golden sales that neither library refuses when asked of a
// pool with fees, in the random order of the file.
func questions(tb testing.TB, keep func(pmm.RState) bool) (us []ours, them []theirs) {
	tb.Helper()
	for _, c := range loadSales(tb) {
		if c.Kind != "sell" && c.Kind != "query" || !keep(c.pool.Curve.R) {
			continue
		}
		c.LPFeeRate, c.MTFeeRate = "3000000000000000", "1000000000000000"
		c.prepare()
		q, err := c.pool.Quote(c.side(), c.pay)
		peer, errPeer := c.peer.Quote(c.base, c.paid)
		require.Equal(tb, err == nil, errPeer == nil, c.ID)
		if err == nil {
			require.Equal(tb, q.Receive.Dec(), peer.Receive.String(), c.ID)
			us = append(us, ours{c.pool, c.side(), c.pay})
			them = append(them, theirs{c.peer, c.base, c.paid})
		}
	}
	require.NotEmpty(tb, us)
	return us, them
}

var states = []struct {
	name string
	keep func(pmm.RState) bool
}{
	{"mixed", func(pmm.RState) bool { return true }},
	{"one", func(r pmm.RState) bool { return r == pmm.One }},
	{"above", func(r pmm.RState) bool { return r == pmm.AboveOne }},
	{"below", func(r pmm.RState) bool { return r == pmm.BelowOne }},
}

func BenchmarkQuote(b *testing.B) {
	for _, s := range states {
		us, them := questions(b, s.keep)
		b.Run("evenkeel/"+s.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q := &us[i%len(us)]
				if _, err := q.pool.Quote(q.side, q.pay); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("bigint/"+s.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q := &them[i%len(them)]
				if _, err := q.pool.Quote(q.base, q.pay); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// trades are the uninterrupted trades of a DSP's life, from the state before
// the first to the state after the last.
type trades struct {
	before, after map[string]any
	steps         []trade
	params        map[string]string
}

type trade struct {
	Op    string
	Args  map[string]string
	After map[string]any

	base bool
	pay  uint256.Int
	paid *big.Int
	at   uint32
}

func loadTrades(tb testing.TB) trades {
	tb.Helper()
	text, err := os.ReadFile(vectors + "dsp_sequence.json")
	require.NoError(tb, err)
	var life struct {
		Params map[string]string
		Steps  []trade
	}
	require.NoError(tb, json.Unmarshal(text, &life))
	out := trades{params: life.Params}
	for _, step := range life.Steps {
		if step.Op != "sell_base" && step.Op != "sell_quote" {
			if len(out.steps) > 0 {
				break
			}
			out.before = step.After
			continue
		}
		step.base, step.pay, step.paid = step.Op == "sell_base", wei(step.Args["pay"]), number(step.Args["pay"])
		at, ok := step.After["timestamp"].(float64)
		require.True(tb, ok)
		step.at = uint32(at)
		out.steps = append(out.steps, step)
		out.after = step.After
	}
	require.Len(tb, out.steps, 25)
	return out
}

func (l *trades) pools() (pmm.Pool, bigint.Pool) {
	at := func(key string) string { s, _ := l.before[key].(string); return s }
	c := sale{
		I: l.params["i"], K: l.params["K"], B: at("baseReserve"), Q: at("quoteReserve"), B0: at("baseTargetStored"), Q0: at("quoteTargetStored"),
		R: at("R"), LPFeeRate: l.params["lpFeeRate"], MTFeeRate: l.params["mtFeeRate"],
	}
	c.prepare()
	last := uint32(number(at("blockTimestampLast")).Uint64())
	c.pool.TWAP = pmm.TWAP{Open: true, Last: last, PostTrade: wei(at("basePriceCumulativeLast"))}
	c.peer.Last, c.peer.Cumulative = last, number(at("basePriceCumulativeLast"))
	return c.pool, c.peer
}

func (l *trades) replay(p pmm.Pool) (pmm.Pool, error) {
	var errs error
	for i := range l.steps {
		step := &l.steps[i]
		side := pmm.SellQuote
		if step.base {
			side = pmm.SellBase
		}
		var err error
		p.Time = step.at
		p, _, err = p.Swap(side, step.pay)
		errs = errors.Join(errs, err)
	}
	return p, errs
}

func (l *trades) replayPeer(p bigint.Pool) (bigint.Pool, error) {
	var errs error
	for i := range l.steps {
		step := &l.steps[i]
		var err error
		p.Time = step.at
		p, _, err = p.Swap(step.base, step.paid)
		errs = errors.Join(errs, err)
	}
	return p, errs
}

func TestBothReplayTheTradesExactly(t *testing.T) {
	l := loadTrades(t)
	pool, peer := l.pools()
	pool, err := l.replay(pool)
	require.NoError(t, err)
	peer, err = l.replayPeer(peer)
	require.NoError(t, err)
	c := &pool.Curve
	for i, key := range []string{"baseReserve", "quoteReserve", "baseTargetStored", "quoteTargetStored", "basePriceCumulativeLast"} {
		require.Equal(t, l.after[key], []uint256.Int{c.B, c.Q, c.B0, c.Q0, pool.TWAP.PostTrade}[i].Dec(), key)
		require.Equal(t, l.after[key], []*big.Int{peer.B, peer.Q, peer.B0, peer.Q0, peer.Cumulative}[i].String(), key)
	}
}

// BenchmarkReplay is 25 trades of one pool, one after the other, with the
// accumulator kept.
func BenchmarkReplay(b *testing.B) {
	l := loadTrades(b)
	pool, peer := l.pools()
	b.Run("evenkeel", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.replay(pool); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bigint", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.replayPeer(peer); err != nil {
				b.Fatal(err)
			}
		}
	})
}
