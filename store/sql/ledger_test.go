package sql_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/ledgertest"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/payout/payouttest"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

func TestLedger(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			ledgertest.Run(t, func(t *testing.T) reward.Ledger { return open(t, empty(t)).Ledger() })
		})
	}
}

func TestPayouts(t *testing.T) {
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			payouttest.RunLedger(t, func(t *testing.T) (reward.Ledger, payout.Ledger) {
				ledger := open(t, empty(t)).Ledger()
				return ledger, ledger.Payouts()
			})
		})
	}
}

// credited is a round that credits so much to each of those sightings.
func credited(number uint64, amount string, orders ...reward.Order) reward.Decision {
	d := reward.Decision{Round: number, Reason: reward.Paid}
	for _, o := range orders {
		d.Paid = d.Paid.Add(dec(amount))
		d.Orders = append(d.Orders, reward.Outcome{ID: o.ID, Account: o.Account, Verdict: reward.Credited, Rank: "near", Share: dec("0.1"), Amount: dec(amount)})
	}
	return d
}

func stamp(seq uint64, at time.Time) evenkeel.Stamp {
	return evenkeel.Stamp{Key: poolKey, Seq: seq, At: at}
}

func pending(t *testing.T, l reward.Ledger, after uint64) []reward.Order {
	t.Helper()
	orders, err := l.Pending(t.Context(), after, 1_000_000)
	require.NoError(t, err)
	return orders
}

func TestWhatOneSubmitsDoesNotConcernThoseItIsWrittenWith(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		const callers = 60
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, callers)
		submit := func(i int) error {
			s := proof(i, 3, noon)
			switch i % 6 {
			case 1:
				s.User = "stranger"
			case 2:
				s.Orders[2].Price = dec("-1")
			case 3:
				s = proof(i-1, 3, noon.Add(time.Second)) // the other one's proof is not used up by being refused
			case 4:
				s.Orders = nil
			case 5:
				s = proof(i-1, 1, noon) // one of the two is a replay
			}
			return p.ledger.Submit(t.Context(), s)
		}
		errs := make([]error, callers)
		release := block(t, dsn)
		var running sync.WaitGroup
		for i := range callers {
			running.Go(func() { errs[i] = submit(i) })
		}
		release()
		running.Wait()
		for i := 0; i < callers; i += 6 {
			require.NoError(t, errs[i])
			require.ErrorIs(t, errs[i+1], reward.ErrUnregistered)
			require.ErrorIs(t, errs[i+2], reward.ErrInvalid)
			require.NoError(t, errs[i+3])
			require.NotEqual(t, errs[i+4] == nil, errs[i+5] == nil, "%v, %v", errs[i+4], errs[i+5])
			require.ErrorIs(t, errors.Join(errs[i+4], errs[i+5]), reward.ErrReplayed)
		}
		for i, o := range pending(t, p.ledger, 0) {
			require.EqualValues(t, i+1, o.ID) // whoever was refused left no gap
			require.NoError(t, o.Validate())
		}
	})
}

// block keeps everybody else from writing to a ledger until it is released.
func block(t *testing.T, dsn string) (release func()) {
	t.Helper()
	begin := `BEGIN; SELECT id FROM evenkeel_ledger FOR UPDATE`
	if strings.HasPrefix(dsn, "sqlite:") {
		begin = `BEGIN IMMEDIATE`
	}
	other, err := raw(t, dsn).Conn(t.Context())
	require.NoError(t, err)
	_, err = other.ExecContext(t.Context(), begin)
	require.NoError(t, err)
	return func() {
		_, err := other.ExecContext(t.Context(), `ROLLBACK`)
		require.NoError(t, err)
		require.NoError(t, other.Close())
	}
}

func TestWhoLeavesBeforeTheyAreWrittenKeepNothing(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		const callers = 8
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, callers)
		release := block(t, dsn)
		errs := make([]error, callers)
		impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		var all, leaving sync.WaitGroup
		for i := range callers {
			ctx, running := t.Context(), &all
			if i%2 == 0 {
				ctx, running = impatient, &leaving
			}
			running.Go(func() { errs[i] = p.ledger.Submit(ctx, proof(i, 2, noon)) })
		}
		<-impatient.Done()
		release()
		all.Wait()
		leaving.Wait()
		kept := map[string]int{}
		for _, o := range pending(t, p.ledger, 0) {
			kept[o.Account]++
		}
		for i, err := range errs {
			orders := kept["venue/"+unit(i)+"/"+user(i)]
			if i%2 == 1 {
				require.NoError(t, err)
			} else if err != nil { // not written with one who stayed
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Zero(t, orders)
				continue
			}
			require.Equal(t, 2, orders)
		}
	})
}

func TestASubmitterWhoIsAloneWaitsNoLongerThanItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, 1)
		release := block(t, dsn)
		impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, p.ledger.Submit(impatient, proof(0, 2, noon)), context.DeadlineExceeded)
		require.Less(t, time.Since(began), 3*time.Second)
		release()
		require.Empty(t, pending(t, p.ledger, 0))
		require.NoError(t, p.ledger.Submit(t.Context(), proof(0, 2, noon)))
	})
}

func TestTwoProgramsShareOneLedger(t *testing.T) {
	const writers, each = 8, 12
	onEach(t, func(t *testing.T, dsn string) {
		programs := [2]*sql.Ledger{open(t, dsn).Ledger(), open(t, dsn).Ledger()}
		var running sync.WaitGroup
		for w := range writers {
			running.Go(func() {
				l := programs[w%2]
				r := reward.Registration{User: user(w), Address: address, Exchange: "venue", Unit: unit(w), At: noon}
				if err := l.Register(t.Context(), r); err != nil {
					t.Error(err)
				}
				for i := range each {
					if err := l.Submit(t.Context(), proof(w, 2, noon.Add(time.Duration(i)*time.Second))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Go(func() { // books whatever it finds, as both programs would after a failover
			var taken uint64
			for seq := uint64(1); taken < writers*each*2; {
				orders, err := programs[0].Pending(t.Context(), taken, 10)
				if err != nil {
					t.Error(err)
					return
				}
				if len(orders) == 0 {
					continue
				}
				for _, l := range programs {
					if err := l.Book(t.Context(), stamp(seq, noon), credited(seq, "0.01", orders...)); err != nil {
						t.Error(err)
						return
					}
				}
				taken = orders[len(orders)-1].ID
				seq++
			}
		})
		running.Wait()
		seen := map[string]int{}
		for i, o := range pending(t, programs[1], 0) {
			require.EqualValues(t, i+1, o.ID)
			seen[o.Account]++
		}
		require.Len(t, seen, writers)
		audit(t, dsn)
	})
}

// audit adds up a ledger as an auditor would, from its rows, and wants what was
// credited to be owed, held or paid.
func audit(tb testing.TB, dsn string) {
	tb.Helper()
	sum := func(statement string) map[int64]string {
		rows, err := raw(tb, dsn).QueryContext(tb.Context(), statement)
		require.NoError(tb, err)
		defer func() { require.NoError(tb, rows.Close()) }()
		sums := map[int64]string{}
		for rows.Next() {
			var account int64
			var amount string
			require.NoError(tb, rows.Scan(&account, &amount))
			if before, known := sums[account]; known {
				amount = dec(before).Add(dec(amount)).String()
			}
			sums[account] = dec(amount).String()
		}
		require.NoError(tb, rows.Err())
		return sums
	}
	credits := sum(`SELECT id, '0' FROM evenkeel_account UNION ALL SELECT account, CAST(reward AS TEXT) FROM evenkeel_credit`)
	balances := sum(`SELECT account, CAST(owed AS TEXT) FROM evenkeel_balance UNION ALL SELECT account, CAST(held AS TEXT) FROM evenkeel_balance
		UNION ALL SELECT account, CAST(paid AS TEXT) FROM evenkeel_balance`)
	require.Equal(tb, credits, balances)
}

func TestForgetKeepsWhatPeopleWereCredited(t *testing.T) {
	const day = 24 * time.Hour
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		l := p.ledger
		p.register(t, 3)
		var taken uint64
		submit := func(i, orders int, after time.Duration) {
			require.NoError(t, l.Submit(t.Context(), proof(i, orders, noon.Add(after))))
		}
		book := func(seq uint64, after time.Duration) {
			orders := pending(t, l, taken)
			require.NoError(t, l.Book(t.Context(), stamp(seq, noon.Add(after)), credited(60*seq, "0.1", orders...)))
			taken = orders[len(orders)-1].ID
		}
		submit(0, 2, 0)
		submit(1, 1, 30*time.Minute)
		book(1, time.Hour)
		submit(0, 1, day)
		book(2, day)
		submit(2, 1, day) // and waits
		history, err := l.History(t.Context(), user(0), 10)
		require.NoError(t, err)
		round, err := l.Round(t.Context(), 60)
		require.NoError(t, err)

		forget := func(before time.Duration) {
			more, err := l.Forget(t.Context(), noon.Add(before))
			require.NoError(t, err)
			require.False(t, more)
		}
		orders := func(i int) (names []string) {
			found, err := l.Orders(t.Context(), user(i), 10)
			require.NoError(t, err)
			for _, s := range found {
				names = append(names, fmt.Sprint(s.Order.SeenAt.Sub(noon), " round ", s.Round))
			}
			return names
		}
		forget(time.Hour) // not the round at that time itself
		require.Equal(t, []string{"24h0m0s round 120", "0s round 60", "0s round 60"}, orders(0))
		forget(time.Hour + time.Microsecond)
		require.Equal(t, []string{"24h0m0s round 120"}, orders(0))
		require.Empty(t, orders(1))
		forget(10 * day)
		require.Empty(t, orders(0))
		require.Equal(t, []string{"24h0m0s round 0"}, orders(2))
		require.Len(t, pending(t, l, 0), 1)

		got, err := l.History(t.Context(), user(0), 10)
		require.NoError(t, err)
		require.Equal(t, history, got)
		require.Equal(t, "0.2", got[1].Reward.String())
		again, err := l.Round(t.Context(), 60)
		require.NoError(t, err)
		require.Equal(t, round, again)
		audit(t, dsn)

		// Within two days of the newest sighting nothing was forgotten of an order.
		submit(0, 2, 2*day)
		require.Equal(t, noon, pending(t, l, taken+1)[0].Since)
		submit(1, 1, 6*day)
		forget(4 * day)
		submit(0, 2, 6*day)
		require.Equal(t, noon.Add(6*day), pending(t, l, taken+4)[0].Since)
	})
}

func TestForgetDoesAPartAtATime(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		const providers = 21
		p, err := newPool(open(t, dsn), 1_000_000)
		require.NoError(t, err)
		p.register(t, providers)
		p.submit(t, providers, 1000, noon) // each order is a row
		p.submit(t, 1, 1, noon.Add(72*time.Hour))
		orders := pending(t, p.ledger, 0)
		require.NoError(t, p.ledger.Book(t.Context(), stamp(1, noon), credited(60, "0.1", orders...)))
		calls := 0
		for more := true; more; calls++ {
			more, err = p.ledger.Forget(t.Context(), noon.Add(time.Hour))
			require.NoError(t, err)
		}
		require.Equal(t, 3, calls)
	})
}

func TestALedgerIsNotCreditedForSightingsItDoesNotHave(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, 1)
		p.submit(t, 1, 2, noon)
		orders := pending(t, p.ledger, 0)
		unknown, beyond, foreign := orders[0], orders[0], orders[0]
		unknown.ID, beyond.ID, foreign.Account = orders[1].ID+1, 1<<40, "venue/btc/somebody"
		for _, lost := range []reward.Order{unknown, beyond, foreign} {
			err := p.ledger.Book(t.Context(), stamp(1, noon), credited(60, "0.1", orders[1], lost))
			require.ErrorIs(t, err, reward.ErrInvalid)
			require.ErrorContains(t, err, fmt.Sprintf("sighting %d of %s", lost.ID, lost.Account))
		}
		booked, err := p.ledger.Booked(t.Context())
		require.NoError(t, err)
		require.Zero(t, booked)
		slices.Reverse(orders) // in any order
		require.NoError(t, p.ledger.Book(t.Context(), stamp(1, noon), credited(60, "0.1", orders...)))
		audit(t, dsn)
	})
}

func TestADatabaseRefusesWhatALedgerNeverWrites(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, 2)
		p.submit(t, 2, 2, noon)
		require.NoError(t, p.ledger.Book(t.Context(), stamp(1, noon), credited(60, "0.1", pending(t, p.ledger, 0)...)))
		for name, statement := range map[string]string{
			"a debt below zero":            `UPDATE evenkeel_balance SET owed = '-0.000000000001' WHERE account = 1`,
			"a payment below zero":         `UPDATE evenkeel_balance SET paid = '-1' WHERE account = 1`,
			"a hold below zero":            `UPDATE evenkeel_balance SET held = '-1' WHERE account = 1`,
			"a credit below zero":          `UPDATE evenkeel_credit SET reward = '-1' WHERE account = 1`,
			"a round twice":                `INSERT INTO evenkeel_round SELECT * FROM evenkeel_round`,
			"another round of one Seq":     `INSERT INTO evenkeel_round SELECT number + 1, seq, at_micros, taken, orders, accounts, paid, decision FROM evenkeel_round`,
			"a credit twice":               `INSERT INTO evenkeel_credit SELECT * FROM evenkeel_credit`,
			"an account twice":             `UPDATE evenkeel_account SET name = (SELECT MIN(name) FROM evenkeel_account)`,
			"a second row of counts":       `INSERT INTO evenkeel_ledger SELECT 2, 0, 0, 0, 0, 0`,
			"a submission of no sightings": `UPDATE evenkeel_submission SET count = 0`,
		} {
			_, err := raw(t, dsn).ExecContext(t.Context(), statement)
			require.ErrorContains(t, err, "constraint", name)
		}
		audit(t, dsn)
	})
}

func TestALedgerRefusesTextThatOneDatabaseCannotKeep(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, 1)
		for _, bad := range []string{"a\x00b", "a\xffb"} {
			r := reward.Registration{User: user(0), Address: address, Exchange: "venue", Unit: "ppc", Signer: bad, At: noon}
			require.ErrorIs(t, p.ledger.Register(t.Context(), r), reward.ErrInvalid)
			r.Unit = unit(0)
			require.ErrorIs(t, p.ledger.Rebind(t.Context(), r, noon), reward.ErrInvalid)
			s := proof(0, 1, noon)
			s.Orders[0].OrderID = bad
			require.ErrorIs(t, p.ledger.Submit(t.Context(), s), reward.ErrInvalid)
			s = proof(0, 1, noon)
			s.User = bad
			require.ErrorIs(t, p.ledger.Submit(t.Context(), s), reward.ErrInvalid)
			_, err := p.ledger.Payouts().Batch(t.Context(), bad)
			require.ErrorIs(t, err, payout.ErrUnknownBatch)
		}
		p.submit(t, 1, 1, noon)
	})
}

// Orders and outcomes are written by hand, so a field that is added to them could
// be left out.
func TestNoFieldOfASightingIsLost(t *testing.T) {
	fill := func(record any) {
		v := reflect.ValueOf(record).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); f.Interface().(type) {
			case decimal.Decimal:
				f.Set(reflect.ValueOf(decimal.New(int64(17+i), -2)))
			case string:
				f.SetString(fmt.Sprint("field ", i, " \"\n\\"))
			}
		}
	}
	onEach(t, func(t *testing.T, dsn string) {
		p, err := newPool(open(t, dsn), 1000)
		require.NoError(t, err)
		p.register(t, 1)
		s := proof(0, 1, noon)
		order := &s.Orders[0]
		fill(order)
		require.NoError(t, p.ledger.Submit(t.Context(), s))
		order.ID, order.Account, order.Exchange, order.Unit = 1, s.Account(), s.Exchange, s.Unit
		order.SeenAt, order.Since = noon, noon
		require.Empty(t, cmp.Diff([]reward.Order{*order}, pending(t, p.ledger, 0)))

		var outcome reward.Outcome
		fill(&outcome)
		outcome.ID, outcome.Account, outcome.Verdict = 1, s.Account(), reward.Credited
		require.NoError(t, p.ledger.Book(t.Context(), stamp(1, noon), reward.Decision{Round: 60, Reason: reward.Paid, Orders: []reward.Outcome{outcome}}))
		found, err := p.ledger.Orders(t.Context(), user(0), 1)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]reward.Sighting{{Order: *order, Round: 60, Outcome: outcome}}, found))
	})
}

func TestAReopenedLedgerGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		for day := range 3 {
			db, err := sql.Open(t.Context(), dsn)
			require.NoError(t, err)
			p, err := newPool(db, 1000)
			require.NoError(t, err)
			at := noon.Add(time.Duration(day) * 24 * time.Hour)
			if day == 0 {
				p.grant(t)
				p.register(t, 5)
			}
			p.submit(t, 5, 3, at)
			d, err := p.runner.Tick(t.Context(), at)
			require.NoError(t, err)
			require.Equal(t, reward.Paid, d.Reason)
			require.Len(t, d.Orders, 15)
			require.NoError(t, db.Close())
		}
		l := open(t, dsn).Ledger()
		history, err := l.History(t.Context(), user(1), 10)
		require.NoError(t, err)
		require.Len(t, history, 3)
		audit(t, dsn)
	})
}
