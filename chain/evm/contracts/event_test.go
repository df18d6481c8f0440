package contracts_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// said is what a pool's transaction announced, one line an event.
func (r *pair) said(do func()) []string {
	before := len(r.state.Logs())
	do()
	var lines []string
	for _, log := range r.state.Logs()[before:] {
		if log.Address != r.pool.at {
			continue
		}
		event, err := r.pool.ABI.EventByID(log.Topics[0])
		require.NoError(r, err)
		values, err := event.Inputs.NonIndexed().Unpack(log.Data)
		require.NoError(r, err)
		lines = append(lines, fmt.Sprint(event.Name, values))
	}
	return lines
}

// reserves is the line that every change ends in.
func (r *pair) reserves() string {
	return fmt.Sprintf("Reserves[%s %s %s]", r.pool.ask("_BASE_RESERVE_"), r.pool.ask("_QUOTE_RESERVE_"), r.pool.ask("getMidPrice"))
}

func TestEveryChangeIsAnnounced(t *testing.T) {
	none, never := new(big.Int), new(big.Int).SetUint64(1<<63)
	million := num("1000000000000000000000000")
	for name, row := range map[string]struct {
		kind pmm.Kind
		do   func(r *pair)
		also func(r *pair) []string // what is announced beside the reserves
	}{
		"a sale of base": {
			pmm.DSP,
			func(r *pair) { r.send(r.base, million); r.pool.do(trader, "sellBase", stranger) },
			func(r *pair) []string { return []string{r.swapped(pmm.SellBase, million)} },
		},
		"a sale of quote": {
			pmm.DPP,
			func(r *pair) { r.send(r.quote, million); r.pool.do(trader, "sellQuote", stranger) },
			func(r *pair) []string { return []string{r.swapped(pmm.SellQuote, million)} },
		},
		"a deposit": {
			pmm.DSP,
			func(r *pair) {
				r.send(r.base, million)
				r.send(r.quote, million)
				r.pool.do(trader, "buyShares", stranger)
			},
			func(*pair) []string {
				return []string{"Transfer[" + million.Dec() + "]", fmt.Sprintf("BuyShares[%s %s 2%s]", stranger, million.Dec(), million.Dec()[1:])}
			},
		},
		"a withdrawal": {
			pmm.DSP,
			func(r *pair) { r.pool.do(trader, "sellShares", big.NewInt(1), stranger, none, none, never) },
			func(*pair) []string {
				return []string{"Transfer[1]", fmt.Sprintf("SellShares[%s %s 1 999999999999999999999999]", trader, stranger)}
			},
		},
		"a loan": {
			pmm.DSP,
			func(r *pair) { r.pool.do(trader, "flashLoan", none, none, stranger, []byte{}) },
			func(*pair) []string { return []string{fmt.Sprintf("DODOFlashLoan[%s %s 0 0]", trader, stranger)} },
		},
		"a loan of quote, paid back in base": {
			pmm.DSP,
			func(r *pair) {
				r.send(r.base, million)
				r.pool.do(trader, "flashLoan", none, big.NewInt(1000), stranger, []byte{})
			},
			func(r *pair) []string {
				return []string{
					fmt.Sprintf("DODOSwap[%s %s %s 1000 %s %s]", r.base.at, r.quote.at, million.Dec(), trader, stranger),
					fmt.Sprintf("DODOFlashLoan[%s %s 0 1000]", trader, stranger),
				}
			},
		},
		"a gift": {
			pmm.DSP,
			func(r *pair) { r.send(r.base, million); r.pool.do(stranger, "sync") },
			func(*pair) []string { return nil },
		},
		"a reset": {
			pmm.DPP,
			func(r *pair) {
				r.pool.do(owner, "reset", owner, big.NewInt(5), big.NewInt(7), big.NewInt(9), big.NewInt(11), big.NewInt(13), none, none)
			},
			func(*pair) []string { return []string{"Reset[5 7 9 11 13]"} },
		},
		"a gift to a private pool": {
			pmm.DPP,
			func(r *pair) { r.send(r.base, million); r.pool.do(owner, "ratioSync") },
			func(*pair) []string { return nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newPair(newMachine(t), stable(row.kind))
			want := row.also(r)
			got := r.said(func() { row.do(r) })
			require.ElementsMatch(t, append(want, r.reserves()), got)
		})
	}
}

// swapped is how a sale by the trader to the stranger is announced.
func (r *pair) swapped(side pmm.Side, pay uint256.Int) string {
	q, err := r.model.Quote(side, pay)
	require.NoError(r, err)
	sold, received := r.base.at, r.quote.at
	if side == pmm.SellQuote {
		sold, received = received, sold
	}
	return fmt.Sprintf("DODOSwap[%s %s %s %s %s %s]", sold, received, pay.Dec(), q.Receive.Dec(), trader, stranger)
}
