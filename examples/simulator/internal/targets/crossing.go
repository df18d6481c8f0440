package targets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/stabilizer"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// crossing is a run of two chains and a bridge. What one buys on the second
// chain is what is sold on the first, so that all of the flow has to cross.
type crossing struct {
	cfg    parity.Config
	buffer decimal.Decimal
	span   time.Duration
	flow   int64 // times the projected
	faults bool
}

func newCrossing(times int64, buffer decimal.Decimal, span time.Duration, faults bool) crossing {
	return crossing{cfg: parityConfig(times, buffer), buffer: buffer.Truncate(6), span: span, flow: times, faults: faults}
}

// bank is one of the two chains: its market, in runs with faults with the
// stabilizer that holds it when parity cannot, and the vault that parity trades
// from.
type bank struct {
	world
	engine  *stabilizer.Engine
	state   stabilizer.State
	held    parity.Holding
	number  int
	downTil int // block of the run until which there are no blocks here
}

// ferry is a transfer as the bridge sees it.
type ferry struct {
	parity.Sending
	sent    [2]int // block of either chain when it departed
	due     int    // block of the run in which it comes out, one way or the other
	back    bool   // refunded
	arrived int    // block of the chain that paid, 0 before
}

// strait is a run in the making.
type strait struct {
	crossing
	banks   [2]*bank
	engine  *parity.Engine
	state   parity.State
	orders  []parity.Order
	ferries []*ferry
	seen    parity.Observation
	rng     *rand.Rand
	o       outcome
}

// run plays the crossing block by block: orders decided on the block before
// execute first, then comes the flow, then what the bridge pays, and then the
// engines see how the block ended. Every token is counted at every block.
func (c crossing) run(ctx context.Context) (outcome, error) {
	s := &strait{crossing: c, rng: rand.New(rand.NewPCG(uint64(c.flow), 138))}
	var err error
	if s.engine, err = parity.New(c.cfg); err != nil {
		return outcome{}, err
	}
	flows := [2]flow{}
	for i := range s.banks {
		b := &bank{world: world{market: newMarket(false, 0, 0)}, held: parity.Holding{Base: c.buffer, Quote: c.buffer}}
		if b.engine, err = stabilizer.New(guardConfig()); err != nil {
			return outcome{}, err
		}
		s.banks[i], flows[i] = b, &smooth{perHour: c.flow * flowPerHour, blockTime: usualBlock}
	}
	s.o.blocks = int(c.span / usualBlock)
	for n := 1; n <= s.o.blocks; n++ {
		if n%10_000 == 0 && ctx.Err() != nil {
			return outcome{}, ctx.Err()
		}
		if c.faults {
			s.disturb(n)
		}
		s.seen.Receipts = s.seen.Receipts[:0]
		for i, b := range s.banks {
			if n < b.downTil {
				continue
			}
			b.number++
			if s.faults {
				b.execute(b.number, &outcome{})
			}
			s.execute(i)
			if sold := flows[i].next(); i == 0 {
				b.market.public += sold
			} else {
				b.market.public -= sold
			}
		}
		s.ferry(n)
		if err := s.look(n); err != nil {
			return outcome{}, fmt.Errorf("block %d: %w", n, err)
		}
	}
	return s.o, nil
}

// execute fills the legs on one chain.
func (s *strait) execute(i int) {
	b := s.banks[i]
	kept := s.orders[:0]
	for _, o := range s.orders {
		if o.Chain != i {
			kept = append(kept, o)
			continue
		}
		r := parity.Receipt{ID: o.ID, Outcome: parity.Mined, Block: uint64(b.number)}
		if b.number > int(o.Deadline) {
			s.seen.Receipts = append(s.seen.Receipts, parity.Receipt{ID: o.ID, Outcome: parity.Expired})
			continue
		}
		size := o.Size.Shift(6).IntPart()
		before := b.market.price()
		if o.Side == parity.Sell {
			b.market.trade(-size)
			r.Received = size6(size).Mul(mean(before, b.market.price())).Truncate(6)
			b.held.Base, b.held.Quote = b.held.Base.Sub(o.AmountIn), b.held.Quote.Add(r.Received)
		} else {
			b.market.trade(size) // what is paid is what it costs at the price before; the impact is taken out of what is received
			r.Received = o.AmountIn.DivRound(mean(before, b.market.price()), 6)
			b.held.Base, b.held.Quote = b.held.Base.Add(r.Received), b.held.Quote.Sub(o.AmountIn)
		}
		s.seen.Receipts = append(s.seen.Receipts, r)
	}
	s.orders = kept
}

func size6(micros int64) decimal.Decimal { return decimal.New(micros, -6) }

func mean(a, b decimal.Decimal) decimal.Decimal { return a.Add(b).Mul(half) }

// ferry pays out, or back, what is due, and tells how far each transfer is.
func (s *strait) ferry(n int) {
	s.seen.Passages = s.seen.Passages[:0]
	kept, open := s.ferries[:0], s.state.Transfers
	for _, f := range s.ferries {
		if len(open) == 0 || open[0].ID != f.ID {
			continue // its money is in the books: both lists are in the order of departure
		}
		open = open[1:]
		to := f.To()
		if f.back {
			to = f.From
		}
		if f.arrived == 0 && n >= f.due && n >= s.banks[to].downTil {
			f.arrived = s.banks[to].number
			s.banks[to].pay(f.Asset, f.Amount)
		}
		p := parity.Passage{ID: f.ID, Stage: chain.Departed, Sent: uint64(f.sent[f.From])}
		if f.arrived > 0 {
			p.Stage, p.Settled, p.Received = chain.Arrived, uint64(f.arrived), f.Amount
			if f.back {
				p.Stage = chain.Refunded
			}
		}
		s.seen.Passages = append(s.seen.Passages, p)
		kept = append(kept, f)
	}
	s.ferries = kept
}

func (b *bank) pay(a parity.Asset, amount decimal.Decimal) {
	if a == parity.Base {
		b.held.Base = b.held.Base.Add(amount)
	} else {
		b.held.Quote = b.held.Quote.Add(amount)
	}
}

// look lets the engines see the block, and measures it.
func (s *strait) look(n int) error {
	now := start.Add(time.Duration(n) * usualBlock)
	s.seen.Now = now
	for i, b := range s.banks {
		if n < b.downTil {
			continue
		}
		if s.faults {
			if err := b.guard(now); err != nil {
				return err
			}
		}
		s.seen.Blocks[i] = &parity.Block{
			Number: uint64(b.number), Hash: name(b.number), Parent: name(b.number - 1), Time: now,
			Pool: b.market.price(), Oracle: parity.Price{Value: peg, At: now},
			Base: b.held.Base, Quote: b.held.Quote, GasGwei: cheapGas, Lane: &parity.Holding{Base: endless, Quote: endless},
		}
	}
	var d parity.Decision
	var err error
	if s.state, d, err = s.engine.Step(s.state, s.seen); err != nil {
		return err
	}
	s.orders = append(s.orders, d.Orders...)
	if d.Action == parity.Trade {
		s.o.trades++
	}
	for _, t := range d.Transfers {
		s.depart(n, t)
	}
	s.measure()
	return s.count()
}

// guard lets the chain's own stabilizer look.
func (b *bank) guard(now time.Time) error {
	b.end(b.number, usualBlock)
	b.block.Time, b.block.Target.At = now, now
	var d stabilizer.Decision
	var err error
	if b.state, d, err = b.engine.Step(b.state, b.seen); err != nil {
		return err
	}
	if b.order = nil; d.Action == stabilizer.Trade {
		b.order = d.Order
	}
	return nil
}

// depart takes a transfer out of its vault. Each takes between half and all of
// the latency, so that some overtake others.
func (s *strait) depart(n int, t parity.Sending) {
	took := bridgeLatency
	if s.faults {
		took = bridgeLatency/2 + time.Duration(s.rng.Int64N(int64(bridgeLatency/2)))
	}
	f := &ferry{Sending: t, due: n + 1 + int(took/usualBlock)}
	for i, b := range s.banks {
		f.sent[i] = b.number + 1
	}
	s.banks[t.From].pay(t.Asset, t.Amount.Neg())
	s.ferries = append(s.ferries, f)
}

func (s *strait) measure() {
	off := math.Abs(s.banks[0].market.bps() - s.banks[1].market.bps())
	if s.o.peakBps = max(s.o.peakBps, off); off < goalSpread {
		s.o.inside++
	}
}

// count holds what the vaults have, and what is on its way, against the books.
func (s *strait) count() error {
	var got parity.Holding
	for _, b := range s.banks {
		got.Base, got.Quote = got.Base.Add(b.held.Base), got.Quote.Add(b.held.Quote)
	}
	for _, f := range s.ferries {
		if f.arrived == 0 && f.Asset == parity.Base {
			got.Base = got.Base.Add(f.Amount)
		}
		if f.arrived == 0 && f.Asset == parity.Quote {
			got.Quote = got.Quote.Add(f.Amount)
		}
	}
	books := s.state.Books
	if !got.Base.Equal(books.Deposited.Base.Add(books.Earned.Base)) || !got.Quote.Equal(books.Deposited.Quote.Add(books.Earned.Quote)) {
		return fmt.Errorf("%v owned, %v deposited and %v earned", got, books.Deposited, books.Earned)
	}
	return nil
}

// disturb makes trouble: every half an hour a transfer gets stuck for up to two
// hours, and is then delivered or refunded; every six hours a chain halts for
// five minutes.
func (s *strait) disturb(n int) {
	const halfHour, sixHours = int(30 * time.Minute / usualBlock), int(6 * time.Hour / usualBlock)
	if s.rng.IntN(halfHour) == 0 && len(s.ferries) > 0 {
		f := s.ferries[s.rng.IntN(len(s.ferries))]
		if f.arrived == 0 {
			f.due = n + s.rng.IntN(4*halfHour)
			f.back = s.rng.IntN(2) == 0
		}
	}
	if n%sixHours == 0 {
		s.banks[s.rng.IntN(2)].downTil = n + int(5*time.Minute/usualBlock)
	}
}
