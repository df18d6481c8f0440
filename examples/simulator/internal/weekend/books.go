package weekend

import (
	"context"
	"fmt"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

// books is the World of the reserve monitor: the double-entry ledger of the
// buckets, brought in line with the chain at every look, and the treasury that
// carries out refills of the stabilizer.
type books struct {
	st      *stage
	ledger  *reserve.Ledger
	synced  int             // looks so far; part of each transaction's ID
	refills map[uint64]bool // requests carried out
	settled []monitor.Outcome
	waiting []uint256.Int // refills to be transferred in the next block
	repaid  uint256.Int   // refills transferred so far
}

var _ evenkeel.World[monitor.State, monitor.Observation, monitor.Decision] = (*books)(nil)

// approvers sign what leaves the vault. That they are always at hand is an
// assumption.
var approvers = []string{"treasurer", "risk officer"}

// watch is the monitor's configuration. The peak of Vault plan §7 is 10,000 a
// minute; the reserve that it asks for is 25 times as much.
func watch(s Setup) monitor.Config {
	peak := s.Depth.Shift(-3)
	return monitor.Config{
		Factor: decimal.New(reserve.DefaultFactor, 0), PeakPerMinute: peak, Window: 5 * time.Minute,
		Quantile: reserve.MinuteQuantile, Tail: reserve.OnceAYear,
		RefillTo: decimal.New(15, -1), MinRefill: peak, RefillPatience: 10 * time.Minute, Vault: vaultLimit(s),
	}
}

// vaultLimit lets the vault send one required reserve a day.
func vaultLimit(s Setup) reserve.Limit {
	return reserve.Limit{DailyCap: s.Depth.Shift(-3).Mul(decimal.New(25, 0)), ApprovalAbove: s.Depth.Shift(-3)}
}

func newBooks(st *stage, s Setup) (*books, error) {
	ledger, err := reserve.NewLedger(reserve.Rules{
		Vault:   map[string]reserve.Limit{cUSDT.String(): vaultLimit(s)},
		KeepIDs: 24 * time.Hour,
	})
	if err != nil {
		return nil, err
	}
	b := &books{st: st, ledger: ledger, refills: make(map[uint64]bool)}
	at := st.chain.Head().Time
	for _, h := range b.holdings() {
		if h.amount.IsZero() {
			continue
		}
		err := ledger.Commit(reserve.Transaction{
			ID: fmt.Sprintf("deposit %s %s %s", h.account.Bucket, h.part, h.account.Asset), Kind: reserve.Deposit, At: at,
			Postings: []reserve.Posting{
				{Account: world(h.account), Part: reserve.Available, Amount: h.amount.Neg()},
				{Account: h.account, Part: h.part, Amount: h.amount},
			},
		})
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// world is where value comes from that enters a, and goes that leaves it.
func world(a reserve.Account) reserve.Account {
	a.Bucket = reserve.Outside
	return a
}

// holding is what the chain says an account of the ledger has.
type holding struct {
	account reserve.Account
	part    reserve.Part
	amount  decimal.Decimal
}

// holdings reads the chain: bucket A is in the public pools, B in the
// stabilizer and, held, in the private pools, E in the treasury.
func (b *books) holdings() []holding {
	var held []holding
	for a, token := range b.st.tokens {
		sum := func(venues []*venue) (total decimal.Decimal) {
			for _, v := range venues {
				total = total.Add(units(token.Balance(v.Address())))
			}
			return total
		}
		of := func(bucket reserve.Bucket) reserve.Account {
			return reserve.Account{Bucket: bucket, Asset: asset(a).String(), Chain: chainID}
		}
		held = append(held,
			holding{of(reserve.Public), reserve.Available, sum(b.st.public[:])},
			holding{of(reserve.Stabilization), reserve.Available, units(token.Balance(b.st.defence.Address()))},
			holding{of(reserve.Stabilization), reserve.Held, sum(b.st.private[:])},
			holding{of(reserve.Vault), reserve.Available, units(token.Balance(treasury))},
		)
	}
	return held
}

// sync books what trades have changed since the last look, as the outside's
// gain or loss.
func (b *books) sync(at time.Time) (outflow decimal.Decimal, err error) {
	b.synced++
	kinds := map[reserve.Bucket]reserve.Kind{reserve.Public: reserve.Trade, reserve.Stabilization: reserve.Stabilize}
	postings := map[reserve.Kind][]reserve.Posting{}
	for _, h := range b.holdings() {
		booked := b.ledger.Balance(h.account)
		change := h.amount.Sub(booked.Available)
		if h.part == reserve.Held {
			change = h.amount.Sub(booked.Held)
		}
		if change.IsZero() {
			continue
		}
		kind, trades := kinds[h.account.Bucket]
		if !trades {
			return outflow, fmt.Errorf("books: %s changed by %s outside of a refill", h.account, change)
		}
		postings[kind] = append(postings[kind],
			reserve.Posting{Account: h.account, Part: h.part, Amount: change},
			reserve.Posting{Account: world(h.account), Part: reserve.Available, Amount: change.Neg()})
		if h.account.Bucket == reserve.Stabilization && h.part == reserve.Available && h.account.Asset == cUSDT.String() {
			outflow = change.Neg()
		}
	}
	for _, kind := range []reserve.Kind{reserve.Trade, reserve.Stabilize} {
		if len(postings[kind]) == 0 {
			continue
		}
		tx := reserve.Transaction{ID: fmt.Sprintf("%s %d", kind, b.synced), Kind: kind, At: at, Postings: postings[kind]}
		if err := b.ledger.Commit(tx); err != nil {
			return outflow, err
		}
	}
	return outflow, nil
}

// Observe implements evenkeel.World.
func (b *books) Observe(_ context.Context, now time.Time, _ monitor.State) (monitor.Observation, error) {
	outflow, err := b.sync(now)
	if err != nil {
		return monitor.Observation{}, err
	}
	asset := cUSDT.String()
	seen := monitor.Observation{
		At: now, Outflow: outflow, Available: b.ledger.Covering(asset), Outcomes: b.settled,
		Vault: b.ledger.Balance(reserve.Account{Bucket: reserve.Vault, Asset: asset, Chain: chainID}).Available,
	}
	b.settled = nil
	return seen, nil
}

// Act implements evenkeel.World: it books each refill asked for and has it
// transferred in the next block.
func (b *books) Act(_ context.Context, now time.Time, _ evenkeel.Stamp, d monitor.Decision) error {
	for _, r := range d.Refills {
		if r.Reason != monitor.Requested || b.refills[r.ID] {
			continue
		}
		amount := wei(r.Amount)
		from := reserve.Account{Bucket: r.From, Asset: cUSDT.String(), Chain: chainID}
		to := from
		to.Bucket = r.To
		err := b.ledger.Commit(reserve.Transaction{
			ID: fmt.Sprintf("refill %d", r.ID), Kind: reserve.Refill, At: now, Approvals: approvers,
			Postings: reserve.Pay(from, to, units(amount)),
		})
		if err != nil {
			return err
		}
		b.refills[r.ID] = true
		b.waiting = append(b.waiting, amount)
		b.settled = append(b.settled, monitor.Outcome{ID: r.ID, Result: monitor.Settled})
	}
	return nil
}

// pay transfers the refills that wait, as a transaction of the treasury.
func (b *books) pay(env memchain.Env) error {
	for _, amount := range b.waiting {
		if err := b.st.tokens[cUSDT].Transfer(env, b.st.defence.Address(), amount); err != nil {
			return err
		}
		b.repaid.Add(&b.repaid, &amount)
	}
	b.waiting = b.waiting[:0]
	return nil
}
