// Package town is a chain in memory with a peg to hold: a pool, the contract that
// holds an inventory for it, a vault, and people who push the price about.
package town

import (
	"context"
	"errors"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// ChainID is the chain's number: the plan's own.
const ChainID = 138

// The town's accounts.
var (
	Keeper = chain.Address{19: 2}
	Vault  = chain.Address{19: 4}

	owner    = chain.Address{19: 1}
	trader   = chain.Address{19: 3}
	attacker = chain.Address{19: 5}
)

// What there is at first, in whole tokens of each kind.
const (
	depth     = 1_000_000 // of the pool
	inventory = 50_000    // of the contract
	savings   = 200_000   // of the vault
	decimals  = 6
)

// Town is a chain in which a hundred units move the pool by one bps. One goroutine
// may use it, beside those who use its Client.
type Town struct {
	Chain       *memchain.Chain
	Base, Quote *memchain.Token
	Pool        *memchain.Pool
	Stabilizer  *memchain.Stabilizer
}

// New returns a town whose first block has that time, and whose contract trades
// only to hold the peg.
func New(at time.Time) (*Town, error) { return found(ChainID, at, true) }

// found returns a town on a chain of that number. Unguarded, its contract trades
// whenever its keeper says so.
func found(id uint64, at time.Time, guarded bool) (*Town, error) {
	c := memchain.New(id, at, memchain.Options{})
	t := &Town{Chain: c, Base: memchain.NewToken(c, decimals), Quote: memchain.NewToken(c, decimals)}
	var err error
	t.Pool, err = memchain.NewPool(c, memchain.PoolConfig{
		Base: t.Base, Quote: t.Quote, Owner: owner,
		Params: pmm.Params{Kind: pmm.DSP, I: *uint256.NewInt(1e18), K: *uint256.NewInt(5e17)},
	})
	if err != nil {
		return nil, err
	}
	cfg := memchain.StabilizerConfig{Owner: owner, Keeper: Keeper, Pools: []*memchain.Pool{t.Pool}}
	if guarded {
		cfg.Observed, cfg.Peg, cfg.ThresholdBps = t.Pool, *uint256.NewInt(1e18), 1
		cfg.MinBlocks, cfg.BlockCap = 3, Units(2000)
	}
	if t.Stabilizer, err = memchain.NewStabilizer(c, cfg); err != nil {
		return nil, err
	}
	return t, t.Mine(at, memchain.Tx{From: owner, Do: t.fund})
}

// fund gives everybody what they begin with.
func (t *Town) fund(env memchain.Env) error {
	var errs []error
	for _, token := range []*memchain.Token{t.Base, t.Quote} {
		for who, amount := range map[chain.Address]uint64{owner: depth, trader: depth, t.Stabilizer.Address(): inventory, Vault: savings} {
			errs = append(errs, token.Mint(env, who, Units(amount)))
		}
	}
	errs = append(errs, t.Quote.Mint(env, attacker, Units(depth)))
	return errors.Join(append(errs, t.Pool.Deposit(env, Units(depth), Units(depth)))...)
}

// Units returns whole tokens in their smallest unit.
func Units(n uint64) uint256.Int {
	var u uint256.Int
	u.Mul(uint256.NewInt(n), uint256.NewInt(1e6))
	return u
}

// Tokens are the town's, under the names of a pair.
func (t *Town) Tokens(pair exchange.Pair) map[string]stabilizer.Token {
	return map[string]stabilizer.Token{
		pair.Base:  {Address: t.Base.Address(), Decimals: decimals},
		pair.Quote: {Address: t.Quote.Address(), Decimals: decimals},
	}
}

// Mine adds a block. A transaction that reverts is an error.
func (t *Town) Mine(at time.Time, txs ...memchain.Tx) error {
	mined, err := t.Chain.Mine(at, txs...)
	return errors.Join(append(mined.Reverts, err)...)
}

// Live lets a block come at every interval, and in them happen what the story tells;
// each event is told as it happens. It ends after the story, or with ctx.
func (t *Town) Live(ctx context.Context, clk clock.Clock, interval time.Duration, tell func(string)) error {
	return live(ctx, clk, interval, Length, func(now time.Time) error {
		event := t.next()
		if event.says != "" {
			tell(event.says)
		}
		return t.Mine(now, event.txs...)
	})
}

// live lets that many blocks come.
func live(ctx context.Context, clk clock.Clock, interval time.Duration, blocks int, mine func(now time.Time) error) error {
	ticker := clk.Ticker(interval)
	defer ticker.Stop()
	for range blocks {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := mine(clk.Now()); err != nil {
			return err
		}
	}
	return nil
}
