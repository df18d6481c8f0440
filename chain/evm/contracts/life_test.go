package contracts_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
)

// life is a pmm/*_sequence.json: all that happened to one of DODO's pools.
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

// snapshot is what the pool's getters say, and who holds what.
type snapshot map[string]any

func (s snapshot) str(key string) string {
	if f, ok := s[key].(float64); ok {
		return fmt.Sprintf("%.0f", f)
	}
	if s[key] == nil {
		return ""
	}
	return fmt.Sprint(s[key])
}

func (s snapshot) time() uint64 { return wei(s.str("timestamp")).Uint64() }

func TestPoolsLiveAsDODOs(t *testing.T) {
	for _, name := range vectors.Glob(t, "pmm/*_sequence.json") {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(vectors.Path(t, name))
			require.NoError(t, err)
			var l life
			require.NoError(t, json.Unmarshal(text, &l))
			if l.Pool != "DSP" && l.Pool != "DPP" {
				t.Skipf("%s: there is no contract of that kind here", l.Pool)
			}
			r := newReplay(t, &l)
			failed := 0
			for i := range l.Steps {
				if diff := r.play(&l.Steps[i]); diff != "" {
					failed++
					t.Errorf("step %d, %s %v (-DODO +ours):\n%s", l.Steps[i].N, l.Steps[i].Op, l.Steps[i].Args, diff)
				}
			}
			vectors.Report(t, name, len(l.Steps)-failed, failed)
		})
	}
}

// replay is a pool with the trader of a life, who owns it as well.
type replay struct {
	*machine
	base, quote, pool, borrower *deployed
}

func newReplay(t *testing.T, l *life) *replay {
	m := newMachine(t)
	m.time = l.Initial.time()
	r := &replay{machine: m}
	r.base = m.deploy(owner, contracts.Token, "Base", "B", uint8(wei(l.Params["baseDecimals"]).Uint64()), owner)
	r.quote = m.deploy(owner, contracts.Token, "Quote", "Q", uint8(wei(l.Params["quoteDecimals"]).Uint64()), owner)
	config := contracts.PoolConfig{
		Base: r.base.at, Quote: r.quote.at, Maintainer: maintainer,
		MtFeeRate: wei(l.Params["mtFeeRate"]), LpFeeRate: wei(l.Params["lpFeeRate"]),
		I: wei(l.Params["i"]), K: wei(l.Params["K"]), IsOpenTWAP: l.Params["isOpenTWAP"] == "true",
	}
	r.base.do(owner, "mint", trader, wei(l.Initial.str("traderBase")))
	r.quote.do(owner, "mint", trader, wei(l.Initial.str("traderQuote")))
	if l.Pool == "DSP" {
		r.pool = m.deploy(owner, contracts.PublicPool, config)
		r.borrower = m.deploy(owner, "Borrower", r.pool.at)
		r.base.do(owner, "mint", r.borrower.at, wei(l.Initial.str("traderBase")))
		r.quote.do(owner, "mint", r.borrower.at, wei(l.Initial.str("traderQuote")))
		return r
	}
	r.pool = m.deploy(owner, contracts.PrivatePool, config, trader, trader)
	r.base.do(owner, "mint", r.pool.at, wei(l.Initial.str("baseReserve")))
	r.quote.do(owner, "mint", r.pool.at, wei(l.Initial.str("quoteReserve")))
	none := new(big.Int)
	r.pool.do(trader, "reset", trader, config.LpFeeRate, config.I, config.K, none, none, none, none)
	return r
}

// play takes one step and returns how the pool differs from DODO's, or "".
func (r *replay) play(step *lifeStep) string {
	got := map[string]string{}
	want := map[string]string{}
	if step.Query != nil {
		method := map[string]string{"sell_base": "querySellBase", "sell_quote": "querySellQuote"}[step.Op]
		q, err := r.pool.tryAsk(method, trader, wei(step.Args["pay"]))
		require.NoError(r, err)
		for i, field := range []string{"receive", "mtFee", "newR", "newTarget"} {
			got["query "+field], want["query "+field] = fmt.Sprint(q[i]), step.Query[field]
		}
	}
	before := r.books()
	r.block++
	r.time = step.After.time()
	undo := r.undo()
	results, err := r.run(step)
	if step.Revert {
		undo() // the transfers that came first
		if err == nil || err.Error() != ourWords[step.Reason] {
			return fmt.Sprintf("must revert with %q, got %v", ourWords[step.Reason], err)
		}
		return cmp.Diff(before, r.books())
	}
	require.NoError(r, err, "step %d", step.N)
	for i, field := range map[string][]string{
		"sell_base": {"receive"}, "sell_quote": {"receive"},
		"buyShares": {"shares", "baseInput", "quoteInput"}, "sellShares": {"baseAmount", "quoteAmount"},
	}[step.Op] {
		got[field], want[field] = fmt.Sprint(results[i]), step.Result[field]
	}
	for field, value := range r.books() {
		if _, ok := step.After[field]; ok {
			got[field], want[field] = value, step.After.str(field)
		}
	}
	return cmp.Diff(want, got)
}

func (r *replay) run(step *lifeStep) ([]any, error) {
	arg := func(name string) *big.Int { return wei(step.Args[name]) }
	none := new(big.Int)
	switch step.Op {
	case "sell_base":
		r.base.do(trader, "transfer", r.pool.at, arg("pay"))
		return r.pool.try(trader, "sellBase", trader)
	case "sell_quote":
		r.quote.do(trader, "transfer", r.pool.at, arg("pay"))
		return r.pool.try(trader, "sellQuote", trader)
	case "buyShares":
		r.base.do(trader, "transfer", r.pool.at, arg("base"))
		r.quote.do(trader, "transfer", r.pool.at, arg("quote"))
		return r.pool.try(trader, "buyShares", trader)
	case "sellShares":
		return r.pool.try(trader, "sellShares", arg("shares"), trader, arg("baseMin"), arg("quoteMin"), new(big.Int).SetUint64(r.time))
	case "flashLoan":
		return r.borrower.try(stranger, "borrow", arg("base"), arg("quote"), arg("returnBase"), arg("returnQuote"), []byte{})
	case "reset":
		return r.pool.try(trader, "reset", trader, arg("newLpFeeRate"), arg("newI"), arg("newK"), arg("baseOut"), arg("quoteOut"), none, none)
	case "ratioSync":
		r.base.do(trader, "transfer", r.pool.at, arg("donatedBase"))
		r.quote.do(trader, "transfer", r.pool.at, arg("donatedQuote"))
		return r.pool.try(trader, "ratioSync")
	}
	return nil, fmt.Errorf("unknown op %q", step.Op)
}

// books is the pool's state and everyone's tokens, under the names of the vectors.
func (r *replay) books() map[string]string {
	books := map[string]string{}
	for field, method := range map[string]string{
		"i": "_I_", "K": "_K_", "R": "_RState_", "lpFeeRate": "_LP_FEE_RATE_",
		"baseTargetStored": "_BASE_TARGET_", "quoteTargetStored": "_QUOTE_TARGET_",
		"basePriceCumulativeLast": "_BASE_PRICE_CUMULATIVE_LAST_", "blockTimestampLast": "_BLOCK_TIMESTAMP_LAST_",
	} {
		books[field] = r.pool.ask(method)
	}
	if mid, err := r.pool.tryAsk("getMidPrice"); err == nil {
		books["midPrice"] = fmt.Sprint(mid[0])
	}
	curve, err := r.pool.tryAsk("getPMMStateForCall")
	require.NoError(r, err)
	for i, field := range []string{"", "", "baseReserve", "quoteReserve", "baseTargetAdjusted", "quoteTargetAdjusted"} {
		if field != "" {
			books[field] = fmt.Sprint(curve[i])
		}
	}
	for field, of := range map[string]common.Address{"maintainer": maintainer, "trader": trader} {
		books[field+"Base"], books[field+"Quote"] = r.base.ask("balanceOf", of), r.quote.ask("balanceOf", of)
	}
	if r.pool.Name == contracts.PublicPool {
		books["totalSupply"], books["lpShares"] = r.pool.ask("totalSupply"), r.pool.ask("balanceOf", trader)
	}
	return books
}
