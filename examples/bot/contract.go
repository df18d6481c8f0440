package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeper"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// contractCommands are what people do with the contract that holds a keeper's
// inventory, each with a key of their own.
type contractCommands struct {
	Pause    contractPause    `cmd:"" help:"Make the contract refuse to trade, whoever asks."`
	Unpause  contractUnpause  `cmd:"" help:"Let the contract trade again."`
	Withdraw contractWithdraw `cmd:"" help:"Send inventory from the contract to an account."`
	Refill   contractRefill   `cmd:"" help:"Send tokens of the key's account to the contract."`
}

// deed is one transaction by a person.
type deed struct {
	Config  string `help:"Configuration file of the keeper." required:"" placeholder:"keeper.yaml"`
	KeyFile string `help:"The private key of who may do so, mode 0600: never that of a keeper that runs, whose transactions are in a line of their own." required:"" placeholder:"owner.key"`
	Live    bool   `help:"Send it. Without it, it is only tried."`
}

type (
	contractPause    struct{ deed }
	contractUnpause  struct{ deed }
	contractWithdraw struct {
		deed
		parcel
		To string `help:"The account that gets them." required:"" placeholder:"0x..."`
	}
	contractRefill struct {
		deed
		parcel
	}
)

// parcel is so much of a token.
type parcel struct {
	Token  string `help:"By its name in the configuration." required:"" placeholder:"USDT"`
	Amount string `help:"In whole tokens." required:"" placeholder:"17500"`
}

// Run pauses the contract.
func (c contractPause) Run(ctx context.Context, on host) error {
	return c.do(ctx, on, "pause()", func(bot keeperfile.Bot) (chain.Call, error) {
		return abi.Pause.Call(bot.Place.Stabilizer, abi.None{}), nil
	})
}

// Run ends a pause of the contract.
func (c contractUnpause) Run(ctx context.Context, on host) error {
	return c.do(ctx, on, "unpause()", func(bot keeperfile.Bot) (chain.Call, error) {
		return abi.Unpause.Call(bot.Place.Stabilizer, abi.None{}), nil
	})
}

// Run takes inventory out.
func (c contractWithdraw) Run(ctx context.Context, on host) error {
	return c.do(ctx, on, fmt.Sprintf("withdraw %s %s to %s", c.Amount, c.Token, c.To), func(bot keeperfile.Bot) (chain.Call, error) {
		token, amount, err := c.of(bot)
		to, toErr := chain.ParseAddress(c.To)
		if err := errors.Join(err, toErr); err != nil {
			return chain.Call{}, usage(err)
		}
		return abi.Withdraw.Call(bot.Place.Stabilizer, abi.Withdrawal{Token: token.Address, To: to, Amount: amount}), nil
	})
}

// Run puts inventory in.
func (c contractRefill) Run(ctx context.Context, on host) error {
	return c.do(ctx, on, fmt.Sprintf("refill %s %s", c.Amount, c.Token), func(bot keeperfile.Bot) (chain.Call, error) {
		token, amount, err := c.of(bot)
		if err != nil {
			return chain.Call{}, usage(err)
		}
		return abi.Transfer.Call(token.Address, abi.Payment{Who: bot.Place.Stabilizer, Amount: amount}), nil
	})
}

// of returns the parcel in the token's smallest unit.
func (p parcel) of(bot keeperfile.Bot) (stabilizer.Token, uint256.Int, error) {
	token, known := bot.Place.Tokens[p.Token]
	if !known {
		return token, uint256.Int{}, fmt.Errorf("token %.40q: must be one of the configuration's", p.Token)
	}
	amount, err := positive("amount", p.Amount)
	if err != nil {
		return token, uint256.Int{}, err
	}
	units, err := chain.ToUnits(amount, int32(token.Decimals))
	if err != nil {
		return token, uint256.Int{}, fmt.Errorf("amount %.40q: must have at most the %d decimals of %s", p.Amount, token.Decimals, p.Token)
	}
	return token, units, nil
}

// A deed is mined within so many blocks, or not at all; it pays up to twice what gas
// costs now.
const deedBlocks = 20

var deedPrice = decimal.NewFromInt(2)

// do tries a deed at the newest block, and sends it if that is wanted.
func (d deed) do(ctx context.Context, on host, what string, callOf func(keeperfile.Bot) (chain.Call, error)) error {
	bot, err := readKeeper(d.Config)
	if err != nil {
		return err
	}
	if bot.Place.Demo {
		return usage(errors.New("chain demo: must be a real one: nobody else can reach a chain in memory"))
	}
	call, err := callOf(bot)
	if err != nil {
		return err
	}
	bot.Place.KeyFile = d.KeyFile
	db, err := openState(ctx, bot.State)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // every record is on disk when it was written
	node, err := on.nodes.Open(ctx, bot, db.Store())
	if err != nil {
		return unfit(err)
	}
	defer node.Close()
	head, err := node.Head(ctx)
	if err != nil {
		return err
	}
	if _, err := node.Read(ctx, head.Hash, call); err != nil {
		return usage(fmt.Errorf("%s: must be allowed to %s: %w", what, node.Account(), err))
	}
	if !d.Live {
		_, err = fmt.Fprintf(on.out, "%s by %s would do at block %d. Nothing was sent (--live sends it).\n", what, node.Account(), head.Number)
		return err
	}
	return d.send(ctx, on, node, bot, head, what, call)
}

// send sends a deed and waits for what becomes of it.
func (d deed) send(ctx context.Context, on host, node keeper.Node, bot keeperfile.Bot, head chain.Block, what string, call chain.Call) error {
	id := "deed/" + strings.ReplaceAll(what, " ", "-") + "/" + random()
	price := decimal.NewFromBigInt(head.GasPrice.ToBig(), 0).Mul(deedPrice)
	most, _ := uint256.FromBig(price.BigInt())
	_, err := node.Send(ctx, id, chain.Tx{Call: call, MaxGasPrice: *most, Deadline: head.Number + deedBlocks, Public: len(bot.Place.Private) == 0})
	if err != nil {
		return fmt.Errorf("%s: may be under way, as %s: %w", what, id, err)
	}
	ticker := on.clock.Ticker(min(bot.Engine.BlockTime, time.Second))
	defer ticker.Stop()
	for {
		r, err := node.Receipt(ctx, id)
		switch {
		case err == nil && r.Status == chain.Mined:
			_, err = fmt.Fprintf(on.out, "%s by %s: done in block %d.\n", what, node.Account(), r.Block)
			return err
		case err == nil && r.Status != chain.Pending:
			return fmt.Errorf("%s: %v in block %d: nothing was done", what, r.Status, r.Block)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: is under way, up to block %d: %w", what, head.Number+deedBlocks, ctx.Err())
		}
	}
}
