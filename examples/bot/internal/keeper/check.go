// Package keeper looks at a chain and its contracts before anything is decided
// there: what a file says must be what stands on the chain.
package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// ErrUnfit is wrapped by every reason why a keeper cannot work there.
var ErrUnfit = errors.New("keeper")

// Node is one chain, signing as one account; nobody without a key.
type Node interface {
	chain.Client
	Account() chain.Address
	// Check reports what would keep the account from sending.
	Check(ctx context.Context, calls ...chain.Call) error
	Close()
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(ErrUnfit, rules...) }

// Found is what the chain adds to a file.
type Found struct {
	Head     chain.Block
	Inverted bool // the pool's base is what prices are in
}

// Look checks that the node tells the truth about its head, as far as that shows,
// that the contracts are those that the file says, that the account may use them,
// and that there is an inventory to trade with. It sends nothing.
func Look(ctx context.Context, node Node, bot keeperfile.Bot, now time.Time) (Found, error) {
	if err := check(rule{node.ID() == bot.Place.Chain, "chain", bot.Place.Chain, fmt.Sprintf("must be the node's, %d", node.ID())}); err != nil {
		return Found{}, err
	}
	head, err := head(ctx, node, bot.Place.MaxHeadAge, now)
	if err != nil {
		return Found{}, err
	}
	inverted, err := tokens(ctx, node, head, bot)
	if err != nil {
		return Found{}, err
	}
	if account := node.Account(); account != (chain.Address{}) {
		if err := node.Check(ctx); err != nil {
			return Found{}, fmt.Errorf("%w: key_file: %w", ErrUnfit, err)
		}
		is, err := one(ctx, node, head, "stabilizer", bot.Place.Stabilizer, abi.IsKeeper, account)
		if err != nil {
			return Found{}, err
		}
		if err := check(rule{is, "key_file", account.String(), "must be the key of a keeper of the contract " + bot.Place.Stabilizer.String()}); err != nil {
			return Found{}, err
		}
	}
	return Found{head, inverted}, inventory(ctx, node, head, bot)
}

// head asks for the newest block, and whether the node has what it claims.
func head(ctx context.Context, node chain.Client, most time.Duration, now time.Time) (chain.Block, error) {
	head, err := node.Head(ctx)
	if err != nil {
		return chain.Block{}, fmt.Errorf("rpc: %w", err)
	}
	age := now.Sub(head.Time)
	if err := check(
		rule{head.Number > 0, "rpc", "block 0", "must have a block besides the first"},
		rule{age <= most, "rpc", fmt.Sprintf("block %d, %v old", head.Number, age.Truncate(time.Second)), "must be at most max_head_age, " + most.String()},
		rule{age >= -most, "rpc", fmt.Sprintf("block %d, of %s", head.Number, head.Time.Format(time.DateTime)), "must not be of the future"},
	); err != nil {
		return chain.Block{}, err
	}
	same, err := node.Block(ctx, head.Number)
	if err != nil {
		return chain.Block{}, fmt.Errorf("%w: rpc block %d: must be there, since the node says it is the newest: %w", ErrUnfit, head.Number, err)
	}
	parent, err := node.Block(ctx, head.Number-1)
	if err != nil {
		return chain.Block{}, fmt.Errorf("%w: rpc block %d: must be there, below the newest: %w", ErrUnfit, head.Number-1, err)
	}
	return head, check(
		rule{same.Hash == head.Hash, "rpc", head.Hash.String(), fmt.Sprintf("must be block %d, which is %s", head.Number, same.Hash)},
		rule{parent.Hash == head.Parent, "rpc", head.Parent.String(), fmt.Sprintf("must be block %d, which is %s", head.Number-1, parent.Hash)},
	)
}

// tokens compares the pool's with the file's.
func tokens(ctx context.Context, node chain.Client, head chain.Block, bot keeperfile.Bot) (inverted bool, err error) {
	at := bot.Place
	base, err := one(ctx, node, head, "pool", at.Pool, abi.BaseToken, abi.None{})
	if err != nil {
		return false, err
	}
	quote, err := one(ctx, node, head, "pool", at.Pool, abi.QuoteToken, abi.None{})
	if err != nil {
		return false, err
	}
	pair := bot.Engine.Pair
	mine, theirs := at.Tokens[pair.Base], at.Tokens[pair.Quote]
	inverted = base == theirs.Address && quote == mine.Address
	if !inverted {
		if err := check(
			rule{base == mine.Address, "tokens." + pair.Base, mine.Address.String(), "must be a token of the pool, which trades " + base.String() + " for " + quote.String()},
			rule{quote == theirs.Address, "tokens." + pair.Quote, theirs.Address.String(), "must be a token of the pool, which trades " + base.String() + " for " + quote.String()},
		); err != nil {
			return false, err
		}
	}
	for _, name := range []string{pair.Base, pair.Quote, bot.Engine.Anchor} {
		token, known := at.Tokens[name]
		if !known {
			continue // the anchor, when nothing goes through it
		}
		decimals, err := one(ctx, node, head, "tokens."+name, token.Address, abi.Decimals, abi.None{})
		if err != nil {
			return false, err
		}
		if err := check(rule{decimals == token.Decimals, "tokens." + name + ".decimals", token.Decimals, fmt.Sprintf("must be the token's, %d", decimals)}); err != nil {
			return false, err
		}
	}
	return inverted, nil
}

// inventory asks whether the contract holds enough of either side for a trade.
func inventory(ctx context.Context, node chain.Client, head chain.Block, bot keeperfile.Bot) error {
	c := &bot.Engine
	for _, side := range []struct {
		name  string
		floor decimal.Decimal
		price decimal.Decimal // of a unit of base
	}{{c.Pair.Base, c.Base.Floor, decimal.NewFromInt(1)}, {c.Pair.Quote, c.Quote.Floor, bot.Peg}} {
		token := bot.Place.Tokens[side.name]
		units, err := one(ctx, node, head, "tokens."+side.name, token.Address, abi.BalanceOf, bot.Place.Stabilizer)
		if err != nil {
			return err
		}
		held := chain.FromUnits(units, int32(token.Decimals))
		least := side.floor.Add(c.MinTrade.Mul(side.price))
		if err := check(rule{!held.LessThan(least), "stabilizer", held.String() + " " + side.name, "must hold at least " + least.String() + ": its floor and the smallest trade"}); err != nil {
			return err
		}
	}
	return nil
}

// one asks one question of one contract, which is the file's field.
func one[A, R any](ctx context.Context, node chain.Client, head chain.Block, field string, to chain.Address, method abi.Method[A, R], args A) (R, error) {
	var none R
	answers, err := node.Read(ctx, head.Hash, method.Call(to, args))
	if errors.Is(err, chain.ErrReverted) {
		return none, unfit(field, to, method.Signature(), err)
	}
	if err != nil {
		return none, fmt.Errorf("rpc: %w", err)
	}
	r, err := method.Result(answers[0])
	if err != nil { // no contract at all answers with nothing
		return none, unfit(field, to, method.Signature(), err)
	}
	return r, nil
}

func unfit(field string, at chain.Address, signature string, err error) error {
	return fmt.Errorf("%w: %s %s: must be a contract that answers %s: %s", ErrUnfit, field, at, signature, strings.ReplaceAll(err.Error(), "\n", "; "))
}

// Cancel takes back what is pending: every transaction of the state whose outcome is
// not known, at the price of an emergency.
func Cancel(ctx context.Context, node chain.Client, cfg stabilizer.Config, s stabilizer.State) error {
	var errs []error
	for _, in := range s.Unresolved() {
		most := decimal.Max(cfg.EmergencyGasGwei, in.GasGwei).Mul(cfg.GasBump)
		if err := node.Cancel(ctx, in.TxID(), chain.GasPrice(most)); err != nil && !errors.Is(err, chain.ErrNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
