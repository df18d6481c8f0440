package rpc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	ledger "github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

const (
	rounds = 500
	seed   = 20240501
	key    = "payout/pool"
	every  = 24 * time.Hour
	retry  = time.Minute
	final  = 7 // confirmations, one more than the deepest reorg
)

var payoutConfig = payout.Config{
	Pool: "pool", Every: every, Retry: retry, Places: 6, MaxOutputs: 100, MaxDebts: 100,
	Confirmations: final, MaxAttempts: 100,
}

// users and where they are paid; two of them at the same address.
var users = map[string]string{
	"ann": "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96", "bob": "BLKzyvgkPw8TB7V5QKyNrt3zhfgGRVi3k5",
	"cid": "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96",
}

// unsteady is an inbox of which one call in twenty fails, before or after it is done.
type unsteady struct {
	evenkeel.Inbox
	chance *rand.Rand
	calm   bool
}

func (u *unsteady) fails() bool { return !u.calm && u.chance.IntN(40) == 0 }

func (u *unsteady) Put(ctx context.Context, key, id string, command []byte) error {
	if u.fails() {
		return errStore
	}
	if err := u.Inbox.Put(ctx, key, id, command); err != nil || !u.fails() {
		return err
	}
	return errStore
}

func (u *unsteady) Take(ctx context.Context, key string, after uint64) iter.Seq2[evenkeel.Command, error] {
	if u.fails() {
		return gone{}.Take(ctx, key, after)
	}
	return u.Inbox.Take(ctx, key, after)
}

// world is a pool that pays its users through a daemon to which everything
// happens.
type world struct {
	t      *testing.T
	chance *rand.Rand
	daemon *daemon
	open   func(*testing.T, *daemon, evenkeel.Inbox) payout.Payer
	faulty map[string][]fault // what may go wrong, by method

	notes    *unsteady
	commands memory.Inbox
	store    memory.Store
	credits  *ledger.Ledger
	runner   *evenkeel.Runner[payout.State, payout.Observation, payout.Decision]

	credited map[string]decimal.Decimal // by address
	figures  map[string]int
}

func newWorld(t *testing.T, open func(*testing.T, *daemon, evenkeel.Inbox) payout.Payer, faulty map[string][]fault) *world {
	t.Helper()
	chance := rand.New(rand.NewPCG(seed, 1))
	w := &world{
		t: t, chance: chance, daemon: newDaemon(t), open: open, faulty: faulty,
		notes: &unsteady{Inbox: &memory.Inbox{}, chance: chance}, credits: &ledger.Ledger{},
		credited: map[string]decimal.Decimal{}, figures: map[string]int{},
	}
	for _, user := range slices.Sorted(maps.Keys(users)) {
		require.NoError(t, w.credits.Register(t.Context(), reward.Registration{
			User: user, Address: users[user], Exchange: "venue", Unit: "btc", At: start,
		}))
	}
	w.restart()
	return w
}

// restart replaces all that a process holds in memory.
func (w *world) restart() {
	engine, err := payout.New(payoutConfig)
	require.NoError(w.t, err)
	half, err := payout.NewWorld(payout.WorldConfig{
		Key: key, Engine: engine, Ledger: w.credits.Payouts(), Payer: w.open(w.t, w.daemon, w.notes),
		Store: &w.store, Inbox: &w.commands,
	})
	require.NoError(w.t, err)
	w.runner, err = evenkeel.NewRunner(key, engine, half, &w.store, evenkeel.Options{Clock: w.daemon.clock})
	require.NoError(w.t, err)
}

// credit books a round of rewards, finer than the coin.
func (w *world) credit(round uint64) {
	d := reward.Decision{Round: round, Reason: reward.Paid}
	at := w.daemon.clock.Now()
	for _, user := range slices.Sorted(maps.Keys(users)) {
		amount := decimal.New(w.chance.Int64N(30_000_000), -8)
		if amount.IsZero() {
			continue
		}
		require.NoError(w.t, w.credits.Submit(w.t.Context(), reward.Submission{
			User: user, Exchange: "venue", Unit: "btc", IssuedAt: at, SeenAt: at,
			Orders: []reward.Order{{Side: exchange.Bid, OrderID: user, Price: dec("1"), Amount: dec("1"), Peg: dec("1")}},
		}))
		orders, err := w.credits.Pending(w.t.Context(), 0, 1) // the newest
		require.NoError(w.t, err)
		d.Orders = append(d.Orders, reward.Outcome{
			ID: orders[0].ID, Account: orders[0].Account, Verdict: reward.Credited, Rank: "rank_1", Share: dec("1"), Amount: amount,
		})
		d.Paid = d.Paid.Add(amount)
		w.credited[users[user]] = w.credited[users[user]].Add(amount)
	}
	require.NoError(w.t, w.credits.Book(w.t.Context(), evenkeel.Stamp{Key: "reward", Seq: round, At: at}, d))
}

// disturb lets something happen to the daemon or to us.
func (w *world) disturb() {
	count := func(what string) { w.figures[what]++ }
	switch w.chance.IntN(10) {
	case 0, 1, 2, 3, 4:
		methods := slices.Sorted(maps.Keys(w.faulty))
		method := methods[w.chance.IntN(len(methods))]
		f := w.faulty[method][w.chance.IntN(len(w.faulty[method]))]
		w.daemon.fails(method, f)
		count(string(f))
	case 5:
		w.restart()
		count("a restart of ours")
	case 6:
		depth := 1 + w.chance.IntN(6)
		w.daemon.reorg(depth, w.chance.IntN(2) == 0)
		count(fmt.Sprintf("a reorg %d deep", depth))
	case 7:
		w.daemon.drain()
	case 8:
		w.daemon.restart()
		count("a restart of the daemon")
	case 9:
		w.displace()
	}
}

// displace has somebody spend the coins of a payment that is under way.
func (w *world) displace() {
	if live := w.live(); len(live) > 0 && live[0].TxID != "" && w.chance.IntN(2) == 0 {
		w.daemon.mu.Lock()
		at := w.daemon.heights[live[0].TxID]
		w.daemon.mu.Unlock()
		if at == 0 {
			w.daemon.displace(live[0].TxID, final)
			w.figures["a payment displaced"]++
		}
	}
}

// live are the batches that are not final, newest first.
func (w *world) live() []payout.Booked {
	batches, err := w.credits.Payouts().Batches(w.t.Context(), 10)
	require.NoError(w.t, err)
	return slices.DeleteFunc(batches, func(b payout.Booked) bool { return b.Phase == payout.Confirmed || b.Phase == payout.Failed })
}

// tick lets the engine look once, and checks that nobody has more than was owed.
func (w *world) tick() {
	w.daemon.clock.Add(retry)
	_, err := w.runner.Tick(w.t.Context(), w.daemon.clock.Now())
	if err != nil {
		require.ErrorIs(w.t, err, evenkeel.ErrAct)
	}
	for address, paid := range w.daemon.paid() {
		require.False(w.t, dec(paid).GreaterThan(w.credited[address]), "seed %d: %s was paid %v of %v", seed, address, paid, w.credited[address])
	}
}

// settle has two people look at what only people can tell about. They see to it
// first that no call waits in the daemon.
func (w *world) settle() {
	for _, b := range w.live() {
		if b.Phase != payout.Stuck {
			continue
		}
		w.figures["a batch left to people"]++
		if w.chance.IntN(2) == 0 {
			w.daemon.drain()
		}
		w.daemon.restart()
		w.tick() // it may be found by now
		if payments(w.t, w.daemon, w.notes.Inbox, b.Batch) > 0 {
			continue
		}
		for _, by := range []string{"eve", "fay"} {
			order, err := json.Marshal(payout.Command{By: by, Do: payout.DeclareUnsent, Batch: b.ID})
			require.NoError(w.t, err)
			require.NoError(w.t, w.commands.Put(w.t.Context(), key, by+b.ID, order))
		}
		w.figures["and declared unsent"]++
		w.tick()
	}
}

// round credits the users and pays them, first in a storm and then in calm.
func (w *world) round(number uint64) {
	w.credit(number)
	w.daemon.clock.Add(every)
	w.notes.calm = false
	for range 1 + w.chance.IntN(4) {
		for range w.chance.IntN(4) {
			w.disturb()
		}
		w.tick()
		if w.chance.IntN(2) == 0 {
			w.daemon.mine(1)
		}
	}
	w.daemon.drain()
	w.daemon.faults, w.notes.calm = map[string][]fault{}, true
	for range 20 {
		w.daemon.rebroadcast()
		w.daemon.mine(3)
		w.tick()
		w.settle()
		if len(w.live()) == 0 {
			return
		}
	}
	require.Empty(w.t, w.live(), "seed %d, round %d: all is settled some time after the faults stop", seed, number)
}

func TestRoundsInAStormPayEachBatchOnce(t *testing.T) {
	reads := []fault{loseRequest, hang, slow, page, gateway, noFunds}
	writes := append([]fault{loseAnswer, queue, badAddress}, reads...)
	for name, faulty := range map[string]map[string][]fault{
		"sendmany": {"sendmany": append(writes, commit), "getbalance": reads, "listtransactions": reads},
		"signed": {
			"sendrawtransaction": writes, "walletcreatefundedpsbt": reads, "walletprocesspsbt": reads, "finalizepsbt": reads,
			"decoderawtransaction": reads, "lockunspent": writes, "gettransaction": reads, "testmempoolaccept": reads,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, payers[name], faulty)
			w.tick() // the first payout is due one Every after
			for number := range uint64(rounds) {
				w.round(number + 1)
			}
			w.check()
		})
	}
}

// check compares in the end what was credited, what the ledger says and what the
// wallet paid, and prints the figures.
func (w *world) check() {
	t := w.t
	batches, err := w.credits.Payouts().Batches(t.Context(), 10*rounds)
	require.NoError(t, err)
	phases := map[payout.Phase]int{}
	for _, b := range batches {
		phases[b.Phase]++
		want := map[payout.Phase]int{payout.Confirmed: 1}[b.Phase]
		require.Equal(t, want, payments(t, w.daemon, w.notes.Inbox, b.Batch), "seed %d: batch %d, which is %s", seed, b.Generation, b.Phase)
	}
	debts, err := w.credits.Payouts().Owed(t.Context(), w.daemon.clock.Now(), "", 100)
	require.NoError(t, err)
	owed := map[string]decimal.Decimal{}
	for _, d := range debts {
		owed[d.Address] = owed[d.Address].Add(d.Amount)
	}
	paid := w.daemon.paid()
	require.Len(t, paid, len(w.credited))
	for address, credited := range w.credited {
		require.Equal(t, credited.String(), dec(paid[address]).Add(owed[address]).String(), "seed %d: paid and owed to %s", seed, address)
	}
	t.Logf("seed %d: %d rounds, %d batches: %d confirmed, each paid once, and %d failed, none of them paid; paid %v, owed on %v",
		seed, rounds, len(batches), phases[payout.Confirmed], phases[payout.Failed], paid, owed)
	for _, what := range slices.Sorted(maps.Keys(w.figures)) {
		t.Logf("%4d x %s", w.figures[what], what)
	}
}
