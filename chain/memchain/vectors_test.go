package memchain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// life is what a pool contract lived through in an EVM.
type life struct {
	Pool    pmm.Kind          `json:"pool"`
	Params  map[string]string `json:"params"`
	Initial map[string]any    `json:"initial"`
	Steps   []lifeStep        `json:"steps"`
}

type lifeStep struct {
	N      int               `json:"n"`
	Op     string            `json:"op"`
	Args   map[string]string `json:"args"`
	Query  map[string]string `json:"query"`
	Result map[string]string `json:"result"`
	Revert bool              `json:"revert"`
	Reason string            `json:"reason"`
	After  map[string]any    `json:"after"`
}

// A pool on the chain keeps the books that the contract kept in the EVM, of its
// own state and of everyone's tokens, step by step.
func TestPoolLivesAsTheContract(t *testing.T) {
	for _, name := range vectors.Glob(t, "pmm/*_sequence.json") {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(vectors.Path(t, name))
			require.NoError(t, err)
			var l life
			require.NoError(t, json.Unmarshal(text, &l))
			r := newReplay(t, l)
			failed := 0
			for _, step := range l.Steps {
				if diff := r.play(step); diff != "" {
					failed++
					t.Logf("step %d, %s %v (-contract +chain):\n%s", step.N, step.Op, step.Args, diff)
				}
			}
			vectors.Report(t, name, len(l.Steps)-failed, failed)
		})
	}
}

var (
	trader     = chain.Address{19: 0x7a}
	maintainer = chain.Address{19: 0x3a}
	borrower   = chain.Address{19: 0xb1} // a contract, with means of its own to pay back more
)

// replay is a pool, a trader who also owns it, and a client that looks on.
type replay struct {
	world
	pool   *memchain.Pool
	client *memchain.Client
}

func wei(s string) uint256.Int { return *uint256.MustFromDecimal(s) }

func at(state map[string]any) time.Time {
	seconds, _ := state["timestamp"].(float64) // 0, and a failing replay, where it is absent
	return time.Unix(int64(seconds), 0)
}

func newReplay(t *testing.T, l life) *replay {
	c := memchain.New(138, at(l.Initial), memchain.Options{})
	base, quote := memchain.NewToken(c, 18), memchain.NewToken(c, 6)
	params := pmm.Params{
		Kind: l.Pool, I: wei(l.Params["i"]), K: wei(l.Params["K"]),
		LPFeeRate: wei(l.Params["lpFeeRate"]), MTFeeRate: wei(l.Params["mtFeeRate"]), TWAP: l.Params["isOpenTWAP"] == "true",
	}
	if l.Pool != pmm.DPP {
		params.LockedShares = 1001
	}
	pool, err := memchain.NewPool(c, memchain.PoolConfig{Base: base, Quote: quote, Params: params, Owner: trader, Maintainer: maintainer})
	require.NoError(t, err)
	r := &replay{world{t, c}, pool, c.Client(trader)}

	initial := func(field string) uint256.Int { return wei(fmt.Sprint(l.Initial[field])) }
	_, err = r.atOnce(at(l.Initial), func(env memchain.Env) error {
		b, q := initial("baseReserve"), initial("quoteReserve")
		wealthB, wealthQ := initial("traderBase"), initial("traderQuote")
		wealthB.Add(&wealthB, &b)
		wealthQ.Add(&wealthQ, &q)
		err := errors.Join(
			base.Mint(env, trader, wealthB), quote.Mint(env, trader, wealthQ),
			base.Mint(env, borrower, wealthB), quote.Mint(env, borrower, wealthQ))
		if err != nil || b.IsZero() {
			return err
		}
		return pool.Deposit(env, b, q)
	})
	require.NoError(t, err)
	return r
}

// atOnce mines a block with one transaction and returns why that reverted.
func (r *replay) atOnce(when time.Time, do func(memchain.Env) error) (chain.Block, error) {
	r.Helper()
	m, err := r.Mine(when, memchain.Tx{From: trader, Do: do})
	require.NoError(r, err)
	return m.Block, errors.Join(m.Reverts...)
}

// play returns how the chain differs from the contract, or "".
func (r *replay) play(step lifeStep) string {
	got, want := make(map[string]string), make(map[string]string)
	for field, value := range step.Query {
		want["query "+field] = value
	}
	if step.Query != nil {
		for field, value := range r.query(step) {
			got["query "+field] = value
		}
	}
	if step.Result["receive"] != "" {
		want["receive"] = step.Result["receive"]
	}
	before := r.books()
	_, err := r.atOnce(at(step.After), func(env memchain.Env) error {
		out, err := r.run(env, step)
		if err == nil && want["receive"] != "" {
			got["receive"] = out.Dec()
		}
		return err
	})
	if step.Revert != (err != nil) || err != nil && !strings.Contains(err.Error(), step.Reason) {
		return fmt.Sprintf("revert %t %q, got %v", step.Revert, step.Reason, err)
	}
	books := r.books()
	if step.Revert {
		if diff := cmp.Diff(before, books); diff != "" {
			return "a reverted step left a trace: " + diff
		}
		return ""
	}
	for field, value := range books {
		if text, ok := step.After[field]; ok {
			got[field], want[field] = value, fmt.Sprint(text)
		}
	}
	return cmp.Diff(want, got)
}

// query asks through the ABI, as of the block before the step.
func (r *replay) query(step lifeStep) map[string]string {
	r.Helper()
	method := abi.QuerySellBase
	if step.Op == "sell_quote" {
		method = abi.QuerySellQuote
	}
	answers, err := r.client.Read(r.Context(), r.Head().Hash, method.Call(r.pool.Address(), abi.Payment{Who: trader, Amount: wei(step.Args["pay"])}))
	require.NoError(r, err)
	q, err := method.Result(answers[0])
	require.NoError(r, err)
	return map[string]string{"receive": q.Receive.Dec(), "mtFee": q.MtFee.Dec(), "newR": fmt.Sprint(q.NewR), "newTarget": q.NewTarget.Dec()}
}

func (r *replay) run(env memchain.Env, step lifeStep) (uint256.Int, error) {
	arg := func(name string) uint256.Int {
		if step.Args[name] == "" {
			return uint256.Int{}
		}
		return wei(step.Args[name])
	}
	var none uint256.Int
	switch step.Op {
	case "sell_base":
		return r.pool.Swap(env, pmm.SellBase, arg("pay"))
	case "sell_quote":
		return r.pool.Swap(env, pmm.SellQuote, arg("pay"))
	case "buyShares":
		return none, r.pool.Deposit(env, arg("base"), arg("quote"))
	case "sellShares":
		return none, r.pool.Withdraw(env, arg("shares"), arg("baseMin"), arg("quoteMin"))
	case "flashLoan":
		return none, r.pool.FlashLoan(env.As(borrower), arg("base"), arg("quote"), func(env memchain.Env) error {
			return errors.Join(
				r.pool.BaseToken().Transfer(env, r.pool.Address(), arg("returnBase")),
				r.pool.QuoteToken().Transfer(env, r.pool.Address(), arg("returnQuote")))
		})
	case "reset":
		return none, r.pool.Reset(env, pmm.Reset{
			I: arg("newI"), K: arg("newK"), LPFeeRate: arg("newLpFeeRate"), BaseOut: arg("baseOut"), QuoteOut: arg("quoteOut"),
		})
	case "ratioSync":
		return none, errors.Join(
			r.pool.BaseToken().Transfer(env, r.pool.Address(), arg("donatedBase")),
			r.pool.QuoteToken().Transfer(env, r.pool.Address(), arg("donatedQuote")),
			r.pool.Sync(env))
	}
	return none, fmt.Errorf("unknown op %q", step.Op)
}

// books is the pool and everyone's tokens under the names of the vectors.
func (r *replay) books() map[string]string {
	p := r.pool.State()
	c := p.Curve
	balance := func(t *memchain.Token, of chain.Address) string { b := t.Balance(of); return b.Dec() }
	books := map[string]string{
		"i": c.I.Dec(), "K": c.K.Dec(), "R": fmt.Sprint(uint8(c.R)), "lpFeeRate": p.LPFeeRate.Dec(),
		"baseReserve": balance(r.pool.BaseToken(), r.pool.Address()), "quoteReserve": balance(r.pool.QuoteToken(), r.pool.Address()),
		"baseTargetStored": c.B0.Dec(), "quoteTargetStored": c.Q0.Dec(),
		"basePriceCumulativeLast": p.TWAP.PostTrade.Dec(), "blockTimestampLast": fmt.Sprint(p.TWAP.Last),
		"maintainerBase": balance(r.pool.BaseToken(), maintainer), "maintainerQuote": balance(r.pool.QuoteToken(), maintainer),
		"traderBase": balance(r.pool.BaseToken(), trader), "traderQuote": balance(r.pool.QuoteToken(), trader),
	}
	answers, err := r.client.Read(r.Context(), r.Head().Hash, abi.State.Call(r.pool.Address(), abi.None{}))
	require.NoError(r, err)
	adjusted, err := abi.State.Result(answers[0])
	require.NoError(r, err)
	books["baseTargetAdjusted"], books["quoteTargetAdjusted"] = adjusted.B0.Dec(), adjusted.Q0.Dec()
	if r.pool.Shares() != nil {
		books["totalSupply"], books["lpShares"] = p.Supply.Dec(), balance(r.pool.Shares(), trader)
	}
	return books
}
