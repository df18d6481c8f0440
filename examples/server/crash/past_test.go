//go:build unix

package crash_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// A payout is due a minute after the pool was founded at the earliest: a pool
// that was founded so long before a test need not be waited for.
const foundedBefore = time.Minute - time.Second

// veteran is one of those who earned something before the test.
func veteran(i int) string { return fmt.Sprint("veteran", i) }

// found gives the pool a past: veterans, a round that paid them, and a first look
// at the payouts, so that the next one is due in a moment.
func (w *world) found(ctx context.Context) error {
	then := clock.NewMock()
	then.Set(time.Now().UTC().Truncate(time.Microsecond).Add(-foundedBefore))
	ports, err := pool.OpenPorts(ctx, w.cfg, pool.Outside{Clock: then})
	if err != nil {
		return err
	}
	p, err := pool.Open(ctx, w.cfg, ports, pool.Options{Clock: then, Log: zap.NewNop(), Metrics: metrics.New()})
	if err != nil {
		return errors.Join(err, ports.Close())
	}
	for i := range w.veterans {
		err = errors.Join(err, w.enrol(ctx, ports.Ledger, i, "btc", then.Now()))
	}
	err = errors.Join(err, w.enrol(ctx, ports.Ledger, 0, "ppc", then.Now())) // a second account, the same address
	if err == nil {
		_, err = p.Round(ctx, then.Now())
	}
	if err == nil {
		_, err = p.Payout(ctx, then.Now())
	}
	return errors.Join(err, ports.Close())
}

// enrol gives a veteran an account and orders that earn his part of the reward.
func (w *world) enrol(ctx context.Context, ledger reward.Ledger, i int, unit string, at time.Time) error {
	r := reward.Registration{User: veteran(i), Address: address(i), Exchange: venue.Test, Unit: unit, At: at}
	if err := ledger.Register(ctx, r); err != nil {
		return err
	}
	s := reward.Submission{User: r.User, Exchange: r.Exchange, Unit: unit, IssuedAt: at, SeenAt: at}
	for _, side := range []exchange.Side{exchange.Bid, exchange.Ask} {
		order := offer(unit, side, "1000")
		order.ID = r.User + side.String()
		sighted, err := reward.Sight(order, w.cfg.Pool.Pegged, decimal.RequireFromString(units[unit]))
		if err != nil {
			return err
		}
		s.Orders = append(s.Orders, sighted)
	}
	return ledger.Submit(ctx, s)
}

// address returns the payout address of that number.
func address(number int) string {
	const (
		version  = 25 // of a NuBits address
		alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	)
	hash := sha256.Sum256(fmt.Append(nil, number))
	body := append([]byte{version}, hash[:20]...)
	once := sha256.Sum256(body)
	twice := sha256.Sum256(once[:])
	rest, digit := new(big.Int).SetBytes(append(body, twice[:4]...)), new(big.Int)
	var letters []byte
	for rest.Sign() > 0 {
		rest.DivMod(rest, big.NewInt(58), digit)
		letters = append(letters, alphabet[digit.Int64()])
	}
	slices.Reverse(letters)
	return string(letters)
}
