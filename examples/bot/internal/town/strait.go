package town

import (
	"context"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// OtherID is the number of the chain across the strait: Alltra.
const OtherID = 651940

// Strait is two towns with the same tokens, and a bridge that takes a while.
type Strait struct {
	Shores [2]*Town
	Bridge *memchain.Bridge
	clock  clock.Clock
}

// Crossing is how long the bridge takes.
const Crossing = 5 * time.Second

// confirmations is how deep a departure must lie before the bridge pays out.
const confirmations = 2

// NewStrait returns two towns whose contracts trade whenever their keeper says so.
func NewStrait(clk clock.Clock) (*Strait, error) {
	s := &Strait{clock: clk}
	var err error
	for i, id := range []uint64{ChainID, OtherID} {
		if s.Shores[i], err = found(id, clk.Now(), false); err != nil {
			return nil, err
		}
	}
	here, there := s.Shores[0], s.Shores[1]
	s.Bridge, err = memchain.NewBridge(here.Chain, there.Chain, memchain.BridgeOptions{Latency: Crossing, Confirmations: confirmations})
	if err != nil {
		return nil, err
	}
	for _, tokens := range [][2]*memchain.Token{{here.Base, there.Base}, {here.Quote, there.Quote}} {
		if err := s.Bridge.Link(memchain.Link{Tokens: tokens}); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Ferry is the keeper's bridge: it moves what the two contracts hold.
func (s *Strait) Ferry() *memchain.BridgeClient {
	return s.Bridge.Client(Keeper, [2]chain.Address{s.Shores[0].Stabilizer.Address(), s.Shores[1].Stabilizer.Address()})
}

var one = decimal.NewFromInt(1)

// oracleRound is how often the oracle of both chains says something new.
const oracleRound = 10 * time.Second

// Price implements exchange.PriceFeed: the oracle of either chain, which has never
// said anything but one.
func (s *Strait) Price(_ context.Context, _ exchange.Pair, now time.Time) (exchange.Price, error) {
	return exchange.Price{Value: one, At: now.Truncate(oracleRound)}, nil
}

// Cross is how many blocks the story of the two chains takes.
const Cross = 70

// The blocks at which something begins there.
const (
	rush      = 4
	driftFrom = 14
	driftTo   = 50
)

// Live lets blocks come on both shores, what the bridge brings with them, and
// happen what the story tells.
func (s *Strait) Live(ctx context.Context, interval time.Duration, tell func(string)) error {
	return live(ctx, s.clock, interval, Cross, func(now time.Time) error {
		says, txs := s.next()
		if says != "" {
			tell(says)
		}
		return s.Mine(now, txs)
	})
}

// Mine adds a block on either shore.
func (s *Strait) Mine(now time.Time, people [2][]memchain.Tx) error {
	for i, shore := range s.Shores {
		all := append([]memchain.Tx{memchain.Pending}, s.Bridge.Deliver(shore.Chain.ID(), now)...)
		if err := shore.Mine(now, append(all, people[i]...)...); err != nil {
			return err
		}
	}
	return nil
}

// next is what people do in the block to come, on either shore.
func (s *Strait) next() (says string, people [2][]memchain.Tx) {
	here, there := s.Shores[0], s.Shores[1]
	switch block := here.Chain.Head().Number + 1; {
	case block == rush:
		people[0] = []memchain.Tx{here.trade(trader, pmm.SellQuote, Units(2000))}
		return "on chain 138 a trader buys 2,000 cUSDT", people
	case block >= driftFrom && block <= driftTo:
		if block == driftFrom {
			says = "from now on people buy 35 cUSDT here and sell them there, in every block"
		}
		people[0] = []memchain.Tx{here.trade(trader, pmm.SellQuote, Units(steady))}
		people[1] = []memchain.Tx{there.trade(trader, pmm.SellBase, Units(steady))}
		return says, people
	case block == driftTo+1:
		return "the flow ends", people
	}
	return "", people
}
