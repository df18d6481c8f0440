package paper

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
)

var (
	_ exchange.Prover   = (*Account)(nil)
	_ exchange.Verifier = (*Venue)(nil)
)

// ProveOpenOrders signs with a key that stands for a real one: its public part
// is the account's name, its secret follows from the names of venue and account.
func (a *Account) ProveOpenOrders(pair exchange.Pair, now time.Time) (exchange.Proof, error) {
	a.venue.mu.Lock()
	defer a.venue.mu.Unlock()
	if _, err := a.venue.market(pair); err != nil {
		return exchange.Proof{}, err
	}
	at := now.UTC().Truncate(time.Microsecond)
	if !at.After(a.issued) {
		at = a.issued.Add(time.Microsecond)
	}
	a.issued = at
	timestamp := at.Format(time.RFC3339Nano)
	return exchange.Proof{
		Exchange:  a.venue.name,
		Key:       a.name,
		Pair:      pair,
		Params:    map[string]string{"timestamp": timestamp},
		Signature: sign(a.venue.name, a.name, pair, timestamp),
		IssuedAt:  at,
	}, nil
}

// Verify returns the open orders of the account that signed p.
func (v *Venue) Verify(ctx context.Context, p exchange.Proof, pair exchange.Pair, now time.Time) ([]exchange.Order, error) {
	if err := p.Check(v.name, pair, now); err != nil {
		return nil, err
	}
	timestamp := p.IssuedAt.UTC().Format(time.RFC3339Nano)
	if err := p.CheckFields(time.Microsecond, map[string]string{"timestamp": timestamp}, nil); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	m, err := v.market(pair)
	if err != nil {
		return nil, err
	}
	a := v.accounts[p.Key]
	if a == nil || !hmac.Equal([]byte(p.Signature), []byte(sign(v.name, p.Key, pair, timestamp))) {
		return nil, fmt.Errorf("%w: key or signature", exchange.ErrAuth)
	}
	if _, err := a.begin(ctx, Read); err != nil {
		return nil, err
	}
	return a.openOrders(m), nil
}

func sign(venue, account string, pair exchange.Pair, timestamp string) string {
	secret := sha256.Sum256([]byte("paper\n" + venue + "\n" + account))
	mac := hmac.New(sha256.New, secret[:])
	mac.Write([]byte(pair.String() + "\n" + timestamp))
	return hex.EncodeToString(mac.Sum(nil))
}
