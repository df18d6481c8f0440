package rpc

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// SendmanyConfig is what a [Sendmany] works with. Client and Notes are required.
type SendmanyConfig struct {
	Client           *Client
	Notes            evenkeel.Inbox // durable, and of this wallet alone
	MinConfirmations int            // of the coins that are spent, >= 0; bitcoind since 0.17 counts them in the balance only
}

// Sendmany pays with the daemon's sendmany, which every wallet of the dialect
// has, and finds its payments by their comment "alp:<batch>". An attempt is
// written down before the call. If its answer is lost, nothing is ever sent
// again: a wallet that does not show the comment proves nothing while the call
// may still wait in the daemon. [Signed] has no such case; but this one finds what
// it paid though its notes were lost, up to two days back. Safe for concurrent use,
// also by several processes over the same notes.
type Sendmany struct {
	cfg   SendmanyConfig
	notes notes
}

var _ payout.Payer = (*Sendmany)(nil)

// NewSendmany returns [ErrInvalid] for a configuration out of its bounds.
func NewSendmany(cfg SendmanyConfig) (*Sendmany, error) {
	switch {
	case cfg.Client == nil:
		return nil, invalid("SendmanyConfig.Client", "nil", "must be set")
	case cfg.Notes == nil:
		return nil, invalid("SendmanyConfig.Notes", "nil", "must be set")
	case cfg.MinConfirmations < 0:
		return nil, invalid("SendmanyConfig.MinConfirmations", cfg.MinConfirmations, "must be >= 0")
	}
	return &Sendmany{cfg: cfg, notes: notes{cfg.Notes}}, nil
}

// Pay implements payout.Payer.
func (p *Sendmany) Pay(ctx context.Context, b payout.Batch) error {
	amounts, err := p.cfg.Client.amounts(b)
	if err != nil {
		return err
	}
	attempts, err := p.attempts(ctx, b.ID)
	if err != nil {
		return err
	}
	known, err := p.find(ctx, b.ID, attempts)
	if err != nil {
		return err
	}
	if known.Status != payout.Unsent {
		return outcome(known, errors.New(known.Note))
	}
	if err := p.afford(ctx, b); err != nil {
		return err
	}
	return p.send(ctx, b.ID, amounts, len(attempts)+1)
}

// Void implements payout.Payer. It takes the place of the next attempt, for which
// a call of Pay that was held up would have to be first.
func (p *Sendmany) Void(ctx context.Context, id string) error {
	attempts, err := p.attempts(ctx, id)
	if err != nil {
		return err
	}
	known, err := p.find(ctx, id, attempts)
	switch {
	case err != nil:
		return err
	case known.Status == payout.Voided:
		return nil
	case known.Status != payout.Unsent:
		return fmt.Errorf("%w: %s", payout.ErrUnknown, known.Note)
	}
	return p.begin(ctx, id, len(attempts)+1, attempt{Void: true})
}

// Find implements payout.Payer. A payment that another transaction has displaced
// is Unknown.
func (p *Sendmany) Find(ctx context.Context, id string) (payout.Receipt, error) {
	attempts, err := p.attempts(ctx, id)
	if err != nil {
		return payout.Receipt{}, err
	}
	return p.find(ctx, id, attempts)
}

// attempt is one call of sendmany as it is noted before it is made, or that there
// will be none.
type attempt struct {
	Void  bool   `json:",omitempty"`
	Token string // who calls: nobody else has the same
	At    time.Time
	over  string // the daemon's no, "" while it may still carry out the call
}

// The notes of a batch. What is over names the token, so that only the caller
// can end an attempt.
const (
	noteAttempt = "attempt " // and its number: an attempt
	noteOver    = "over "    // and a token: why
)

// attempts reads the notes of a batch, oldest first.
func (p *Sendmany) attempts(ctx context.Context, id string) ([]attempt, error) {
	var attempts []attempt
	over := map[string]string{}
	err := p.notes.read(ctx, batchKey(id), func(id string, body []byte) error {
		if token, ended := strings.CutPrefix(id, noteOver); ended {
			var why string
			err := json.Unmarshal(body, &why)
			over[token] = why
			return err
		}
		if !strings.HasPrefix(id, noteAttempt) {
			return errForeign(id)
		}
		var a attempt
		err := json.Unmarshal(body, &a)
		attempts = append(attempts, a)
		return err
	})
	for i := range attempts {
		attempts[i].over = over[attempts[i].Token]
	}
	return attempts, err
}

// find tells what became of the attempts.
func (p *Sendmany) find(ctx context.Context, id string, attempts []attempt) (payout.Receipt, error) {
	first, last := attempt{At: p.cfg.Client.now()}, attempt{over: "not tried"}
	if len(attempts) > 0 {
		// Only the last can be open: another is made when all before are over.
		first, last = attempts[0], attempts[len(attempts)-1]
	}
	if last.Void {
		return payout.Receipt{Status: payout.Voided, Note: voided}, nil
	}
	found, known, err := search(ctx, p.cfg.Client, comment(id), first.At.Add(-lookBack))
	switch {
	case err != nil:
		return payout.Receipt{}, err
	case known:
		return found.receipt(), nil
	case last.over == "":
		return payout.Receipt{Note: remark("attempt %d, at %s, has no answer and the wallet does not show it",
			len(attempts), last.At.Format(time.RFC3339))}, nil
	}
	return payout.Receipt{Status: payout.Unsent, Note: last.over}, nil
}

// afford refuses what the wallet has no funds for, in words that people need.
func (p *Sendmany) afford(ctx context.Context, b payout.Batch) error {
	var balance decimal.Decimal
	err := p.cfg.Client.Call(ctx, &balance, "getbalance", "*", p.cfg.MinConfirmations)
	if err != nil {
		return fmt.Errorf("%w: %w", payout.ErrRefused, err)
	}
	if balance.LessThan(b.Total) {
		return fmt.Errorf("%w: balance %v is less than the total %v", payout.ErrRefused, balance, b.Total)
	}
	return nil
}

// send writes down that it calls, and calls.
func (p *Sendmany) send(ctx context.Context, id string, amounts map[string]any, number int) error {
	a := attempt{Token: rand.Text(), At: p.cfg.Client.now()}
	err := p.begin(ctx, id, number, a)
	if errors.Is(err, payout.ErrUnknown) {
		return p.outcome(ctx, id, err)
	}
	if err != nil { // the note may be there all the same
		return errors.Join(err, p.end(ctx, id, a, "not called: the attempt could not be noted"))
	}
	err = p.cfg.Client.Call(ctx, nil, "sendmany", "", amounts, p.cfg.MinConfirmations, comment(id))
	if err == nil {
		return nil
	}
	if refusal(err) == nil && !errors.Is(err, ErrNotSent) {
		return fmt.Errorf("%w: %w", payout.ErrUnknown, err)
	}
	if noted := p.end(ctx, id, a, err.Error()); noted != nil {
		return errors.Join(err, noted)
	}
	return p.outcome(ctx, id, err)
}

// begin notes an attempt. It is payout.ErrUnknown if that one is another's.
func (p *Sendmany) begin(ctx context.Context, id string, number int, a attempt) error {
	err := p.notes.write(ctx, batchKey(id), fmt.Sprint(noteAttempt, number), a)
	if errors.Is(err, evenkeel.ErrConflict) {
		return fmt.Errorf("%w: another call decides about it: %w", payout.ErrUnknown, err)
	}
	return err
}

// end notes that the daemon has nothing more to do with an attempt.
func (p *Sendmany) end(ctx context.Context, id string, a attempt, why string) error {
	return p.notes.write(ctx, batchKey(id), noteOver+a.Token, remark("%s", why))
}

// outcome looks what became of a batch after cause kept us from paying it. Even
// a daemon's no may come after the wallet has kept the transaction, which it then
// broadcasts later ("Transaction commit failed").
func (p *Sendmany) outcome(ctx context.Context, id string, cause error) error {
	known, err := p.Find(ctx, id)
	if err != nil {
		return errors.Join(cause, err)
	}
	return outcome(known, cause)
}

// outcome is what Pay returns for a batch of that status.
func outcome(known payout.Receipt, cause error) error {
	switch known.Status {
	case payout.Sent:
		return nil
	case payout.Unsent, payout.Voided:
		return fmt.Errorf("%w: %w", payout.ErrRefused, cause)
	default:
		return fmt.Errorf("%w: %w", payout.ErrUnknown, cause)
	}
}

// comment marks a payment in the wallet.
func comment(id string) string { return "alp:" + id }
