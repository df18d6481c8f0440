package payout_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	ledger "github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

const poolKey = "payout/pool"

// pool is a ledger with users, all in one market.
type pool struct {
	t        *testing.T
	ledger   ledger.Ledger
	users    []string
	address  map[string]string          // by user
	credited map[string]decimal.Decimal // by address
	rounds   uint64
}

// newPool registers users, each as "user" and a letter for its address.
func newPool(t *testing.T, users ...string) *pool {
	t.Helper()
	p := &pool{t: t, address: map[string]string{}, credited: map[string]decimal.Decimal{}}
	for _, u := range users {
		user, letter, _ := strings.Cut(u, " ")
		p.users, p.address[user] = append(p.users, user), addressOf(letter)
		require.NoError(t, p.ledger.Register(t.Context(), reward.Registration{User: user, Address: p.address[user], Exchange: "venue", Unit: "btc", At: start}))
	}
	return p
}

// addressOf makes an address of a letter: version 25, a hash of 20 bytes, and
// the sum that base58check wants.
func addressOf(letter string) string {
	hash := sha256.Sum256([]byte(letter))
	body := append([]byte{25}, hash[:20]...)
	once := sha256.Sum256(body)
	twice := sha256.Sum256(once[:])
	n, digit := new(big.Int).SetBytes(append(body, twice[:4]...)), new(big.Int)
	address := ""
	for n.Sign() > 0 {
		n.DivMod(n, big.NewInt(58), digit)
		address = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit.Int64():][:1] + address
	}
	return address
}

// credit books a round that credits a user.
func (p *pool) credit(user, amount string) {
	p.t.Helper()
	p.rounds++
	at, one := start.Add(time.Duration(p.rounds)*time.Microsecond), decimal.New(1, 0)
	require.NoError(p.t, p.ledger.Submit(p.t.Context(), reward.Submission{
		User: user, Exchange: "venue", Unit: "btc", IssuedAt: at, SeenAt: at,
		Orders: []reward.Order{{Side: exchange.Bid, OrderID: "o", Price: one, Amount: one, Peg: one}},
	}))
	require.NoError(p.t, p.ledger.Book(p.t.Context(), evenkeel.Stamp{Key: "reward", Seq: p.rounds, At: at}, reward.Decision{
		Round: p.rounds, Reason: reward.Paid, Paid: dec(amount),
		Orders: []reward.Outcome{{ID: p.rounds, Account: "venue/btc/" + user, Verdict: reward.Credited, Amount: dec(amount)}},
	}))
	p.credited[p.address[user]] = p.credited[p.address[user]].Add(dec(amount))
}

// balanced reports an account whose books do not balance: credited = owed + held
// + paid.
func (p *pool) balanced() error {
	debts, err := p.ledger.Payouts().Owed(p.t.Context(), start, "", 100)
	if err != nil {
		return err
	}
	batches, err := p.ledger.Payouts().Batches(p.t.Context(), 10_000)
	if err != nil {
		return err
	}
	sums, unpaid := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, d := range debts {
		sums[d.Account], unpaid[d.Account] = d.Amount, d.Amount
	}
	for _, b := range batches {
		for _, line := range b.Lines {
			switch b.Phase {
			case payout.Planned, payout.Sending, payout.Stuck:
				unpaid[line.Account] = unpaid[line.Account].Add(line.Amount)
				fallthrough
			case payout.Paid, payout.Confirmed:
				sums[line.Account] = sums[line.Account].Add(line.Amount)
			case payout.Failed:
			}
		}
	}
	for _, u := range p.users {
		account := "venue/btc/" + u
		earned, err := p.ledger.Earned(p.t.Context(), u)
		if err != nil {
			return err
		}
		told, err := p.ledger.Payouts().Unpaid(p.t.Context(), u)
		if err != nil {
			return err
		}
		if !sums[account].Equal(earned) || !unpaid[account].Equal(told) {
			return fmt.Errorf("%s earned %v: owed, held and paid are %v; unpaid %v: told %v", u, earned, sums[account], unpaid[account], told)
		}
	}
	return nil
}

func decode(t *testing.T, b []byte, to any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(b, to))
}
