package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

var _ payout.Payer = (*Wallet)(nil)

// ErrDown is what a [Wallet] returns while it cannot be reached.
var ErrDown = errors.New("memory: wallet is down")

// Wallet is a payout.Payer with a chain of its own, and with all the bad luck that
// its [Wallet.Script] gives it. Its zero value is ready to use and has good luck.
// Safe for concurrent use; do not copy it after first use.
type Wallet struct {
	mu       sync.Mutex
	payments map[string]*payment // by batch
	script   []Luck
	down     bool
	height   int
}

// payment is what the wallet has of a batch.
type payment struct {
	batch  payout.Batch
	status payout.Status
	sent   int // how often it went out
	block  int // that it is in, 0 for none
}

// Luck is what becomes of a payment. The zero Luck is good.
type Luck string

// The kinds of luck.
const (
	Good    Luck = ""
	Refuse  Luck = "refuse"  // it is refused
	Timeout Luck = "timeout" // it goes out, and the answer is lost
	Reset   Luck = "reset"   // it goes out, and nobody knows before the next block
	Delay   Luck = "delay"   // it is signed and goes out when it is paid again
	Vanish  Luck = "vanish"  // it does not go out, and nobody knows
)

// Script sets what becomes of the next payments, one by one, instead of what was
// set before. After that luck is good.
func (w *Wallet) Script(lucks ...Luck) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.script = lucks
}

// Down sets whether the wallet is out of reach.
func (w *Wallet) Down(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

// Mine adds blocks, the first of which takes in whatever went out.
func (w *Wallet) Mine(blocks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.payments {
		if p.sent > 0 && p.block == 0 && p.status != payout.Pending {
			p.status, p.block = payout.Sent, w.height+1
		}
	}
	w.height += blocks
}

// Reorg takes away the newest blocks. What was in them has to be paid again,
// which sends the same transaction.
func (w *Wallet) Reorg(blocks int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.height = max(0, w.height-blocks)
	for _, p := range w.payments {
		if p.block > w.height {
			p.status, p.block = payout.Pending, 0
		}
	}
}

// Payments returns how many transactions paid that batch.
func (w *Wallet) Payments(id string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.payments[id]; p != nil {
		return p.sent
	}
	return 0
}

// Received returns what was paid to an address.
func (w *Wallet) Received(address string) decimal.Decimal {
	w.mu.Lock()
	defer w.mu.Unlock()
	var sum decimal.Decimal
	for _, p := range w.payments {
		for _, out := range p.batch.Outputs {
			if out.Address == address {
				sum = sum.Add(out.Amount.Mul(decimal.NewFromInt(int64(p.sent))))
			}
		}
	}
	return sum
}

// Pay implements payout.Payer.
func (w *Wallet) Pay(ctx context.Context, b payout.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.payment(ctx, b.ID)
	if err != nil {
		return err
	}
	switch p.status {
	case payout.Voided:
		return fmt.Errorf("%w: batch %s is void", payout.ErrRefused, b.ID)
	case payout.Unknown:
		return fmt.Errorf("%w: batch %s", payout.ErrUnknown, b.ID)
	case payout.Unsent:
		return w.pay(p, b)
	case payout.Pending:
		p.status, p.sent = payout.Sent, 1 // the same transaction as before
	case payout.Sent: // already
	}
	return nil
}

// pay sends a transaction, as luck has it.
func (w *Wallet) pay(p *payment, b payout.Batch) error {
	luck := Good
	if len(w.script) > 0 {
		luck, w.script = w.script[0], w.script[1:]
	}
	p.batch = b
	switch luck {
	case Refuse:
		return fmt.Errorf("%w: batch %s", payout.ErrRefused, b.ID)
	case Good, Timeout:
		p.status, p.sent = payout.Sent, 1
	case Reset:
		p.status, p.sent = payout.Unknown, 1
	case Delay:
		p.status = payout.Pending
	case Vanish:
		p.status = payout.Unknown
	}
	if luck != Good {
		return fmt.Errorf("%w: batch %s: %s", payout.ErrUnknown, b.ID, luck)
	}
	return nil
}

// Void implements payout.Payer.
func (w *Wallet) Void(ctx context.Context, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.payment(ctx, id)
	if err != nil {
		return err
	}
	if p.status != payout.Unsent && p.status != payout.Voided {
		return fmt.Errorf("%w: batch %s", payout.ErrUnknown, id)
	}
	p.status = payout.Voided
	return nil
}

// Find implements payout.Payer.
func (w *Wallet) Find(ctx context.Context, id string) (payout.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, err := w.payment(ctx, id)
	if err != nil {
		return payout.Receipt{}, err
	}
	r := payout.Receipt{Status: p.status}
	if p.status == payout.Sent {
		r.TxID = "tx-" + id
		if p.block > 0 {
			r.Confirmations = w.height - p.block + 1
		}
	}
	return r, nil
}

// payment returns what there is of a batch, for a caller that holds the lock.
func (w *Wallet) payment(ctx context.Context, id string) (*payment, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.down {
		return nil, ErrDown
	}
	if w.payments == nil {
		w.payments = map[string]*payment{}
	}
	if w.payments[id] == nil {
		w.payments[id] = &payment{status: payout.Unsent}
	}
	return w.payments[id], nil
}
