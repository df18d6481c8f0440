package pool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// What becomes of a registration that is not a first one.
var (
	ErrTaken     = errors.New("pool: key is registered with another address or signer")
	ErrRebinding = errors.New("pool: address and signer change") // not at once
)

// Registration asks for an account.
type Registration struct {
	User, Address, Exchange, Unit string

	// Of hardened mode alone.
	Signer string          // who sealed the request
	Proof  *exchange.Proof // fresh: that the key at the exchange is the registrant's
	Rebind bool            // asks for another address or signer
}

// Register gives the user an account, or another address or signer to the
// accounts that it has. Besides the errors of [Pool.Submit] it returns
// reward.ErrRegistered, and reward.ErrInvalid or those of reward.ParseAddress.
func (p *Pool) Register(ctx context.Context, r Registration) error {
	if _, ok := p.Snapshot().Config.Market(r.Exchange, r.Unit); !ok {
		return fmt.Errorf("%w: %s at %s", ErrNoMarket, r.Unit, r.Exchange)
	}
	address, err := reward.ParseAddress(r.Address)
	if err != nil {
		return err
	}
	wanted := reward.Registration{User: r.User, Address: address, Exchange: r.Exchange, Unit: r.Unit, Signer: r.Signer, At: p.Now()}
	if err := wanted.Validate(); err != nil {
		return err
	}
	if p.Snapshot().Config.Hardened {
		return p.registerProved(ctx, r, wanted)
	}
	return p.register(ctx, wanted)
}

func (p *Pool) register(ctx context.Context, wanted reward.Registration) error {
	if err := p.ports.Ledger.Register(ctx, wanted); err != nil {
		return err
	}
	p.opts.Log.Info("registered", zap.String("user", Redacted(wanted.User)), zap.String("exchange", wanted.Exchange), zap.String("unit", wanted.Unit))
	return nil
}

// registerProved registers who proves to hold the exchange's key. Who has
// registered it is told from address and signer:
//
//   - the same address and signer: another unit, or nothing new; a change that
//     waits is taken back, which is the owner's answer to a thief's
//   - anything else: [reward.ErrRegistered], unless a change is asked for, which
//     then waits for Config.RebindDelay
func (p *Pool) registerProved(ctx context.Context, r Registration, wanted reward.Registration) error {
	if r.Proof == nil {
		return fmt.Errorf("%w: req and sign", ErrUnproved)
	}
	_, settle, err := p.prove(ctx, wanted.Account(), r.Exchange, *r.Proof)
	if err != nil {
		return err
	}
	settle(false)
	known, err := p.ports.Ledger.Registrations(ctx, r.User, p.Now())
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Exchange != r.Exchange {
			continue
		}
		same := k.Address == wanted.Address && k.Signer == wanted.Signer
		switch {
		case same && k.Unit == wanted.Unit:
			if err := p.ports.Ledger.Rebind(ctx, wanted, wanted.At); err != nil {
				return err
			}
			return fmt.Errorf("%w: %s", reward.ErrRegistered, Redacted(r.User))
		case same:
			continue
		case !r.Rebind:
			return fmt.Errorf("%w: %s", ErrTaken, Redacted(r.User))
		}
		wanted.Unit = k.Unit // names the account whose key it is
		wanted.At = wanted.At.Add(p.Snapshot().Config.RebindDelay)
		if err := p.ports.Ledger.Rebind(ctx, wanted, p.Now()); err != nil {
			return err
		}
		p.opts.Log.Warn("another address or signer was asked for", zap.String("user", Redacted(r.User)), zap.Time("from", wanted.At))
		return fmt.Errorf("%w: as of %s", ErrRebinding, wanted.At.Format("2006-01-02T15:04:05Z"))
	}
	return p.register(ctx, wanted)
}

// Redacted is what a log may say of a key: enough to find it, not to use it.
func Redacted(key string) string {
	const longEnough = 16
	sum := sha256.Sum256([]byte(key))
	name := hex.EncodeToString(sum[:4])
	if len(key) >= longEnough {
		name += "..." + key[len(key)-4:]
	}
	return name
}
