package payout

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Config is fixed for the life of an [Engine].
type Config struct {
	Pool  string        // names it among all that use the same payer, 1 to 64 bytes: part of each batch's ID
	Every time.Duration // from one payout to the next, 1 m to 366 days; the ALP server's is 24 h
	Retry time.Duration // until an open batch is tried again, 1 s to Every; the ALP server's is 120 s

	Places  int32           // decimals of the coin, 0 to 18: outputs are rounded down to 10^-Places. The ALP server's is 6
	Minimum decimal.Decimal // an address waits until it is owed so much, before rounding; 0 pays whatever is at least a unit

	MaxOutputs int // addresses per batch, 1 to 10,000; a Bitcoin transaction of standard weight holds some 2,500
	MaxDebts   int // accounts per look, 1 to 1,000,000; those after them have their turn at the next

	// MaxBatch bounds the total of a batch, and MaxDay that of the batches planned
	// on one UTC day; 0 is no bound. An address that is owed more than either
	// waits for someone to raise it, and is Left in every decision until then.
	MaxBatch, MaxDay decimal.Decimal

	ApproveAbove  decimal.Decimal // a batch of a larger total waits for two people; 0 asks nobody
	Confirmations int             // at which a payment is final, 0 to 10,000: more than the deepest reorg to be expected
	MaxAttempts   int             // to pay one batch, 1 to 10,000, Retry apart, before it is given up if that is safe; they should last for hours
}

const (
	maxPool = 64
	day     = 24 * time.Hour
	year    = 366 * day
)

func (c Config) validate() error {
	return check(
		rule{valid.Named(c.Pool) && len(c.Pool) <= maxPool, "Pool", c.Pool, "must have 1 to 64 bytes of UTF-8"},
		rule{c.Every >= time.Minute && c.Every <= year, "Every", c.Every, "must be 1 m to 366 days"},
		rule{c.Retry >= time.Second && c.Retry <= c.Every, "Retry", c.Retry, "must be 1 s to Every"},
		rule{c.Places >= 0 && c.Places <= valid.MaxDecimals, "Places", c.Places, "must be 0 to 18"},
		rule{c.MaxOutputs >= 1 && c.MaxOutputs <= 10_000, "MaxOutputs", c.MaxOutputs, "must be 1 to 10000"},
		rule{c.MaxDebts >= 1 && c.MaxDebts <= 1_000_000, "MaxDebts", c.MaxDebts, "must be 1 to 1000000"},
		rule{c.Confirmations >= 0 && c.Confirmations <= 10_000, "Confirmations", c.Confirmations, "must be 0 to 10000"},
		rule{c.MaxAttempts >= 1 && c.MaxAttempts <= 10_000, "MaxAttempts", c.MaxAttempts, "must be 1 to 10000"},
		rule{valid.NotNegative(c.Minimum), "Minimum", c.Minimum, valid.MustBeAmount},
		rule{valid.NotNegative(c.MaxBatch), "MaxBatch", c.MaxBatch, valid.MustBeAmount},
		rule{valid.NotNegative(c.MaxDay), "MaxDay", c.MaxDay, valid.MustBeAmount},
		rule{valid.NotNegative(c.ApproveAbove), "ApproveAbove", c.ApproveAbove, valid.MustBeAmount},
		rule{within(c.Minimum, c.MaxBatch), "MaxBatch", c.MaxBatch, "must be 0 or at least Minimum"},
		rule{within(c.Minimum, c.MaxDay), "MaxDay", c.MaxDay, "must be 0 or at least Minimum"},
	)
}

// within reports whether amount is at most limit, of which 0 is none.
func within(amount, limit decimal.Decimal) bool {
	return limit.IsZero() || amount.LessThanOrEqual(limit)
}
