package contracts_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// borrow lends to a borrower who pays back so much and calls the pool in between.
func (r *pair) borrow(base, quote, returnBase, returnQuote int64, call []byte) (*deployed, error) {
	borrower := r.deploy(stranger, "Borrower", r.pool.at)
	means := num("1000000000")
	r.base.do(trader, "transfer", borrower.at, means.ToBig())
	r.quote.do(trader, "transfer", borrower.at, means.ToBig())
	_, err := borrower.try(stranger, "borrow", big.NewInt(base), big.NewInt(quote), big.NewInt(returnBase), big.NewInt(returnQuote), call)
	return borrower, err
}

func TestAFlashLoanIsPaidBackOrDidNotHappen(t *testing.T) {
	const loan = 1_000_000
	for name, row := range map[string]struct {
		base, quote, returnBase, returnQuote int64
		reason                               string
	}{
		"all of it back":                           {loan, loan, loan, loan, ""},
		"a wei short of base":                      {loan, 0, loan - 1, 0, "FlashLoanFailed()"},
		"a wei short of quote":                     {0, loan, 0, loan - 1, "FlashLoanFailed()"},
		"a wei short of both":                      {loan, loan, loan - 1, loan - 1, "FlashLoanFailed()"},
		"nothing of it back":                       {loan, loan, 0, 0, "FlashLoanFailed()"},
		"base bought with quote, fees included":    {loan, 0, 0, loan * 1.001, ""},
		"base bought with quote, without the fees": {loan, 0, 0, loan, "FlashLoanFailed()"},
		"quote bought with base, fees included":    {0, loan, loan * 1.001, 0, ""},
		"quote bought with base, without the fees": {0, loan, loan, 0, "FlashLoanFailed()"},
		"more back than was lent, a gift":          {loan, loan, 2 * loan, 2 * loan, ""},
		"nothing borrowed and nothing given":       {0, 0, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newPair(newMachine(t), stable(pmm.DSP))
			before := r.pool.ask("getMidPrice")
			borrower, err := r.borrow(row.base, row.quote, row.returnBase, row.returnQuote, nil)
			if row.reason != "" {
				require.EqualError(t, err, row.reason)
				require.Empty(t, r.diff(), "must be as before")
				return
			}
			require.NoError(t, err)
			require.Equal(t, before, borrower.ask("midPrice"), "the price that others see during a loan")
		})
	}
}

func TestAPoolDoesNotLendMoreThanItHas(t *testing.T) {
	r := newPair(newMachine(t), stable(pmm.DSP))
	more := new(big.Int).Add(r.model.Curve.B.ToBig(), big.NewInt(1))
	_, err := r.pool.try(stranger, "flashLoan", more, new(big.Int), stranger, []byte{})
	require.ErrorContains(t, err, "ERC20InsufficientBalance")
}

func TestAPoolCannotBeEnteredTwice(t *testing.T) {
	artifact := load(t, string(contracts.PublicPool))
	none := new(big.Int)
	for method, args := range map[string][]any{
		"sellBase":      {stranger},
		"sellQuote":     {stranger},
		"buyShares":     {stranger},
		"sellShares":    {none, stranger, none, none, new(big.Int).SetUint64(1 << 40)},
		"flashLoan":     {none, none, stranger, []byte{}},
		"sync":          {},
		"correctRState": {},
	} {
		t.Run(method, func(t *testing.T) {
			r := newPair(newMachine(t), stable(pmm.DSP))
			call, err := artifact.ABI.Pack(method, args...)
			require.NoError(t, err)
			_, err = r.borrow(1000, 1000, 2000, 2000, call)
			require.EqualError(t, err, "ReentrancyGuardReentrantCall()")
			require.Empty(t, r.diff())
		})
	}
}

// A token that calls out while the pool pays must not meet a pool that is half changed.
func TestATokenThatLooksBackSeesThePoolAsItWas(t *testing.T) {
	m := newMachine(t)
	base := m.deploy(owner, "AttackToken")
	quote := m.deploy(owner, "AttackToken")
	one := wei("1000000000000000000")
	pool := m.deploy(owner, contracts.PublicPool, contracts.PoolConfig{
		Base: base.at, Quote: quote.at, Maintainer: maintainer, MtFeeRate: big.NewInt(1e14), LpFeeRate: big.NewInt(1e14), I: one, K: big.NewInt(2e17),
	})
	deposit := new(big.Int).Mul(big.NewInt(1_000_000), one)
	for _, token := range []*deployed{base, quote} {
		token.do(owner, "mint", pool.at, deposit)
		token.do(owner, "mint", trader, deposit)
	}
	pool.do(trader, "buyShares", trader)
	look, err := pool.ABI.Pack("getMidPrice")
	require.NoError(t, err)

	tenths := func(n int64) *big.Int {
		return new(big.Int).Div(new(big.Int).Mul(deposit, big.NewInt(n)), big.NewInt(10))
	}
	none := new(big.Int)
	for _, step := range []struct {
		pays   *deployed
		amount *big.Int
		out    *deployed
		method string
		args   []any
	}{
		{base, tenths(1), quote, "sellBase", []any{trader}},
		{quote, tenths(3), base, "sellQuote", []any{trader}}, // through R = One and beyond, where the
		{base, tenths(4), quote, "sellBase", []any{trader}},  // new target and the old reserve contradict
		{nil, none, base, "sellShares", []any{tenths(2), trader, none, none, new(big.Int).SetUint64(m.time)}},
		{nil, none, quote, "sellShares", []any{tenths(2), trader, none, none, new(big.Int).SetUint64(m.time)}},
	} {
		if step.pays != nil {
			step.pays.do(trader, "transfer", pool.at, step.amount)
		}
		before := wei(pool.ask("getMidPrice"))
		seen := len(m.state.Logs())
		step.out.do(owner, "arm", pool.at, look)
		pool.do(trader, step.method, step.args...)
		step.out.do(owner, "arm", [20]byte{}, []byte{})
		looks := 0
		for _, log := range m.state.Logs()[seen:] {
			if log.Address != step.out.at || log.Topics[0] != step.out.ABI.Events["Tried"].ID {
				continue
			}
			tried, err := step.out.ABI.Unpack("Tried", log.Data)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("%064x", before), fmt.Sprintf("%x", tried[1]), "%s", step.method)
			looks++
		}
		require.Positive(t, looks, "%s: nobody looked", step.method)
	}
}
