package sql_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/liquiditytest"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// net is what one bank has from the pool.
func net(t *testing.T, s *sql.Settlement, bank string) decimal.Decimal {
	t.Helper()
	all, err := s.Net(t.Context())
	require.NoError(t, err)
	return all[bank]
}

// bench is a provider and a bank of their own, in a book that others use too.
func bench(t *testing.T, s, other *sql.Settlement) liquiditytest.Bench {
	t.Helper()
	require.NoError(t, s.Contribute(t.Context(), t.Name(), "first", dec("100")))
	return liquiditytest.Bench{
		Executor: twoPrograms{s.Provider(t.Name()), other.Provider(t.Name())}, Bank: t.Name(),
		Liquid: func(t *testing.T) decimal.Decimal { return net(t, s, t.Name()) },
		Settle: func(t *testing.T) { require.NoError(t, other.Audit(t.Context())) }, // it is settled already
	}
}

// twoPrograms are one executor: what one sends, the other may make void.
type twoPrograms struct {
	liquidity.Executor
	other liquidity.Executor
}

func (p twoPrograms) Void(ctx context.Context, id string) error { return p.other.Void(ctx, id) }

func TestSettlement(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s, other := open(t, dsn).Settlement(), open(t, dsn).Settlement()
		liquiditytest.RunExecutor(t, func(t *testing.T) liquiditytest.Bench { return bench(t, s, other) })
	})
}

func injection(id, bank, amount string) liquidity.Transfer {
	return liquidity.Transfer{ID: id, Bank: bank, Provider: "glp", Side: liquidity.Inject, Amount: dec(amount)}
}

func withdrawal(id, bank, amount, interest string) liquidity.Transfer {
	return liquidity.Transfer{ID: id, Bank: bank, Provider: "glp", Side: liquidity.Withdraw, Loan: "a/0", Amount: dec(amount), Interest: dec(interest)}
}

func TestMoneyIsPutInAndTakenOutOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn).Settlement()
		glp := s.Provider("glp")
		for range 2 {
			require.NoError(t, s.Contribute(t.Context(), "glp", "a", dec("100")))
			require.NoError(t, s.Contribute(t.Context(), "glp", "b", dec("50.5")))
			require.NoError(t, s.Contribute(t.Context(), "two", "a", dec("7")))
			require.NoError(t, s.Redeem(t.Context(), "glp", "c", dec("30")))
		}
		require.ErrorIs(t, s.Contribute(t.Context(), "glp", "a", dec("101")), evenkeel.ErrConflict)
		require.ErrorIs(t, s.Redeem(t.Context(), "glp", "a", dec("100")), evenkeel.ErrConflict)
		require.NoError(t, glp.Send(t.Context(), injection("a", "bank", "100"))) // IDs of transfers are others
		require.ErrorIs(t, s.Redeem(t.Context(), "glp", "d", dec("20.51")), liquidity.ErrRefused)
		require.NoError(t, s.Redeem(t.Context(), "glp", "d", dec("20.5")), "it may be asked again")
		require.NoError(t, s.SetLimits(t.Context(), "glp", sql.Limits{Min: dec("5"), Max: dec("10"), Down: true}))
		p, err := glp.Provider(t.Context())
		require.NoError(t, err)
		require.Equal(t, "glp 150.5 50.5 5 10 true", fmt.Sprint(p.ID, " ", p.Contributed, " ", p.Redeemed, " ", p.Min, " ", p.Max, " ", p.Down))
		p, err = s.Provider("stranger").Provider(t.Context())
		require.NoError(t, err)
		require.Equal(t, "stranger 0 0", fmt.Sprint(p.ID, " ", p.Contributed, " ", p.Redeemed))
		require.NoError(t, s.Audit(t.Context()))
	})
}

func TestWhatAProviderDoesNotHoldIsNotSent(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn).Settlement()
		glp := s.Provider("glp")
		require.NoError(t, s.Contribute(t.Context(), "glp", "a", dec("100")))
		require.NoError(t, glp.Send(t.Context(), injection("a/0", "bank", "60")))
		for range 2 {
			require.ErrorIs(t, glp.Send(t.Context(), injection("b/0", "bank", "40.01")), liquidity.ErrRefused)
		}
		require.NoError(t, s.Contribute(t.Context(), "glp", "b", dec("100")))
		require.ErrorIs(t, glp.Send(t.Context(), injection("b/0", "bank", "40.01")), liquidity.ErrRefused, "it failed for good")
		found, err := glp.Find(t.Context(), []string{"a/0", "b/0"})
		require.NoError(t, err)
		require.Equal(t, liquidity.StatusSettled, found["a/0"].Status)
		require.Equal(t, liquidity.Receipt{Status: liquidity.StatusFailed, Note: "provider/glp holds 40"}, found["b/0"])
		require.NoError(t, glp.Send(t.Context(), withdrawal("c/0", "bank", "60", "1.25")))
		require.True(t, net(t, s, "bank").Equal(dec("-1.25")), "interest is the bank's own money")
		require.NoError(t, s.Redeem(t.Context(), "glp", "all", dec("201.25")))
		require.NoError(t, s.Audit(t.Context()))
	})
}

func TestTransfersAreEachProvidersOwn(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn).Settlement()
		require.NoError(t, s.Contribute(t.Context(), "glp", "a", dec("100")))
		require.NoError(t, s.Contribute(t.Context(), "two", "a", dec("100")))
		require.NoError(t, s.Provider("glp").Send(t.Context(), injection("a/0", "bank", "60")))
		found, err := s.Provider("two").Find(t.Context(), []string{"a/0"})
		require.NoError(t, err)
		require.Equal(t, liquidity.StatusUnsent, found["a/0"].Status)
		require.NoError(t, s.Provider("two").Void(t.Context(), "a/0"))
		require.True(t, net(t, s, "bank").Equal(dec("60")))
	})
}

func TestMalformedMovesAreRefused(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn).Settlement()
		glp := s.Provider("glp")
		require.NoError(t, s.Contribute(t.Context(), "glp", "a", dec("100")))
		negative, huge := injection("a/0", "bank", "-1"), injection("a/0", "bank", "1e18")
		nameless, sideless, interesting := injection("a/0", "", "1"), injection("a/0", "bank", "1"), injection("a/0", "bank", "1")
		sideless.Side, interesting.Interest = liquidity.None, dec("1")
		for _, bad := range []liquidity.Transfer{negative, huge, nameless, sideless, interesting, injection("", "bank", "1"), injection("a\x00", "bank", "1"), withdrawal("a/0", "bank", "1", "-1")} {
			require.ErrorIs(t, glp.Send(t.Context(), bad), evenkeel.ErrInvalid)
		}
		require.ErrorIs(t, glp.Void(t.Context(), ""), evenkeel.ErrInvalid)
		for _, amount := range []string{"0", "-1", "1e18", "1e-19"} {
			require.ErrorIs(t, s.Contribute(t.Context(), "glp", "x", dec(amount)), evenkeel.ErrInvalid)
			require.ErrorIs(t, s.Redeem(t.Context(), "glp", "x", dec(amount)), evenkeel.ErrInvalid)
		}
		require.ErrorIs(t, s.Contribute(t.Context(), "glp", "x", dec("999999999999999999")), evenkeel.ErrInvalid, "no engine could be told of so much")
		require.ErrorIs(t, s.Contribute(t.Context(), "", "x", dec("1")), evenkeel.ErrInvalid)
		require.ErrorIs(t, s.Contribute(t.Context(), "glp", "", dec("1")), evenkeel.ErrInvalid)
		require.ErrorIs(t, s.SetLimits(t.Context(), "glp", sql.Limits{Min: dec("2"), Max: dec("1")}), evenkeel.ErrInvalid)
		require.ErrorIs(t, s.SetLimits(t.Context(), "glp", sql.Limits{Min: dec("-2")}), evenkeel.ErrInvalid)
		require.NoError(t, s.Audit(t.Context()))
	})
}

func TestAMoveThatDoesNotAddUpIsNotCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn).Settlement()
		require.NoError(t, s.Contribute(t.Context(), "glp", "a", dec("100")))
		_, err := raw(t, dsn).ExecContext(t.Context(), `UPDATE evenkeel_settlement SET total = '1'`)
		require.Error(t, err, "the sum of all accounts is kept at zero by the database")
		change(t, dsn, `UPDATE evenkeel_holding SET amount = '99' WHERE account = 'provider/glp'`)
		require.ErrorIs(t, s.Audit(t.Context()), evenkeel.ErrBroken)
	})
}

// Whatever many ask for at once, nothing is made twice and nothing is lost.
func TestManyMovesAtOnceBalance(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.Settlement{open(t, dsn).Settlement(), open(t, dsn).Settlement()}
		seed := rand.Uint64() //nolint:forbidigo // logged, and no two runs are the same anyway
		t.Logf("seed %d", seed)
		var running sync.WaitGroup
		for i := range uint64(4) {
			rng := rand.New(rand.NewPCG(seed, i))
			running.Go(func() {
				for range 25 {
					if err := anyMove(t, programs[rng.IntN(2)], rng); err != nil && !errors.Is(err, liquidity.ErrRefused) && !errors.Is(err, evenkeel.ErrConflict) {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		require.NoError(t, programs[0].Audit(t.Context()))
	})
}

func anyMove(t *testing.T, s *sql.Settlement, rng *rand.Rand) error {
	t.Helper()
	id, amount, bank := fmt.Sprint(rng.IntN(30)), []string{"1", "2.5", "30"}[rng.IntN(3)], []string{"a", "b"}[rng.IntN(2)]
	provider := []string{"glp", "two"}[rng.IntN(2)]
	switch rng.IntN(6) {
	case 0:
		return s.Contribute(t.Context(), provider, id, dec(amount))
	case 1:
		return s.Redeem(t.Context(), provider, id, dec(amount))
	case 2:
		return s.Provider(provider).Void(t.Context(), id)
	case 3:
		return s.Provider(provider).Send(t.Context(), withdrawal(id, bank, amount, "0.1"))
	default:
		return s.Provider(provider).Send(t.Context(), injection(id, bank, amount))
	}
}
