//go:build unix

package crash_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// Units that the pool pays for, and what each costs in NBT.
var units = map[string]string{"btc": "250", "ppc": "0.5"}

func pairOf(unit string) exchange.Pair {
	return exchange.Pair{Base: "NBT", Quote: map[string]string{"btc": "BTC", "ppc": "PPC"}[unit]}
}

// market is where the providers' orders stand. It outlives the server, and counts
// how often each proof arrives.
type market struct {
	venue  *paper.Venue
	server *httptest.Server

	mu     sync.Mutex
	orders map[string][2]exchange.Order // that stand, by account and unit
	placed int
	proofs map[string]int // by signature
}

func newMarket() (*market, error) {
	rules := make([]exchange.Market, 0, len(units))
	for unit := range units {
		rules = append(rules, exchange.Market{Pair: pairOf(unit), Tick: decimal.New(1, -8), Lot: decimal.New(1, -2)})
	}
	v, err := paper.New(paper.Config{Name: venue.Paper, Start: time.Now(), Markets: rules})
	if err != nil {
		return nil, err
	}
	m := &market{venue: v, orders: map[string][2]exchange.Order{}, proofs: map[string]int{}}
	answer := paper.Handler(v)
	m.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		m.proofs[r.Header.Get("X-Paper-Sign")]++
		err := v.Advance(time.Now())
		m.mu.Unlock()
		if err != nil {
			panic(err)
		}
		answer.ServeHTTP(w, r)
	}))
	return m, nil
}

// most returns how often the proof arrived that arrived most often.
func (m *market) most() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	most := 0
	for _, n := range m.proofs {
		most = max(most, n)
	}
	return most
}

// prove has a provider replace his orders, so that no two proofs show the same
// ones, and signs for them.
func (m *market) prove(ctx context.Context, user, unit string) (s alp.Submission, orders []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if err := m.venue.Advance(now); err != nil {
		return s, nil, err
	}
	account := m.venue.Account(user)
	standing := m.orders[user+unit]
	for i, side := range []exchange.Side{exchange.Bid, exchange.Ask} {
		if standing[i].ClientID != "" {
			if err := account.Cancel(ctx, standing[i].Pair, standing[i].ClientID); err != nil {
				return s, nil, err
			}
		}
		m.placed++
		order := offer(unit, side, "1")
		order.ClientID = fmt.Sprint(m.placed)
		if standing[i], err = account.Place(ctx, order); err != nil {
			return s, nil, err
		}
		orders = append(orders, standing[i].ID)
	}
	m.orders[user+unit] = standing
	proof, err := account.ProveOpenOrders(pairOf(unit), now)
	return alp.NewSubmission(proof, venue.Test, unit), orders, err
}

// open gives an account funds.
func (m *market) open(user string) error {
	for _, asset := range []string{"NBT", "BTC", "PPC"} {
		if err := m.venue.Account(user).Deposit(asset, decimal.New(1, 6)); err != nil {
			return err
		}
	}
	return nil
}

// offer is an order a percent away from the peg.
func offer(unit string, side exchange.Side, amount string) exchange.Order {
	peg, _ := decimal.New(1, 0).QuoRem(decimal.RequireFromString(units[unit]), 8)
	price := peg.Mul(decimal.New(99, -2))
	if side == exchange.Ask {
		price = peg.Mul(decimal.New(101, -2))
	}
	return exchange.Order{Pair: pairOf(unit), Side: side, Price: price, Amount: decimal.RequireFromString(amount)}
}
