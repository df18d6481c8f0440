package sql_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

const (
	poolKey = "reward/pool"
	address = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"
)

// pool is all that the rounds of a pool need, in one database.
type pool struct {
	store  *sql.Store
	inbox  *sql.Inbox
	ledger *sql.Ledger
	runner *evenkeel.Runner[reward.State, reward.Observation, reward.Decision]
}

func newPool(db *sql.DB, maxOrders int) (*pool, error) {
	book := reward.Book{Ratio: dec("0.5"), Ranks: []reward.Rank{
		{Name: "near", Ratio: dec("0.75"), Tolerance: dec("0.005")},
		{Name: "far", Ratio: dec("0.25"), Tolerance: dec("0.05")},
	}}
	engine, err := reward.New(reward.Config{
		Every: time.Minute, Places: 12, MaxOrders: maxOrders, MaxAge: 10 * time.Minute,
		Markets: []reward.Market{
			{Exchange: "venue", Unit: "btc", Reward: dec("25"), Target: dec("2500"), Ask: book, Bid: book},
			{Exchange: "venue", Unit: "ppc", Reward: dec("7"), Target: dec("1500"), Ask: book, Bid: book},
		},
	})
	if err != nil {
		return nil, err
	}
	p := &pool{store: db.Store(), inbox: db.Inbox(), ledger: db.Ledger()}
	world, err := reward.NewWorld(reward.WorldConfig{Key: poolKey, Engine: engine, Ledger: p.ledger, Store: p.store, Inbox: p.inbox})
	if err != nil {
		return nil, err
	}
	p.runner, err = evenkeel.NewRunner(poolKey, engine, world, p.store, evenkeel.Options{})
	return p, err
}

// grant funds the pool for good.
func (p *pool) grant(tb testing.TB) {
	tb.Helper()
	body, err := json.Marshal(reward.Grant{Amount: dec("1000000000"), Approval: "test"})
	require.NoError(tb, err)
	require.NoError(tb, p.inbox.Put(tb.Context(), poolKey, "grant", body))
}

func user(i int) string { return fmt.Sprintf("user-%06d", i) }

func unit(i int) string { return []string{"btc", "ppc"}[i%2] }

// register registers so many providers.
func (p *pool) register(tb testing.TB, providers int) {
	tb.Helper()
	for i := range providers {
		require.NoError(tb, p.ledger.Register(tb.Context(), reward.Registration{User: user(i), Address: address, Exchange: "venue", Unit: unit(i), At: noon}))
	}
}

// proof is what the ith provider shows at a time: so many orders, on both sides
// and in both ranks.
func proof(i, orders int, at time.Time) reward.Submission {
	s := reward.Submission{User: user(i), Exchange: "venue", Unit: unit(i), IssuedAt: at, SeenAt: at}
	for n := range orders {
		s.Orders = append(s.Orders, reward.Order{
			Side: []exchange.Side{exchange.Ask, exchange.Bid}[n%2], OrderID: fmt.Sprintf("%d-%d", 7_000_000_000+i, n),
			Price: decimal.New(int64(99_990_000-n%3*2_000_000), -8), Amount: decimal.New(int64(1000+i%997), -2), Peg: dec("1"),
		})
	}
	return s
}

// submit submits the proofs of so many providers, 64 at a time.
func (p *pool) submit(tb testing.TB, providers, orders int, at time.Time) {
	tb.Helper()
	var running sync.WaitGroup
	next := make(chan int)
	for range 64 {
		running.Go(func() {
			for i := range next {
				if err := p.ledger.Submit(tb.Context(), proof(i, orders, at)); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	for i := range providers {
		next <- i
	}
	close(next)
	running.Wait()
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }
