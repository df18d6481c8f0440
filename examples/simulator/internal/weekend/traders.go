package weekend

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/path"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// traders are all who trade beside the stabilizer.
type traders struct {
	st      *stage
	sc      *scenario
	mesh    bool
	closed  bool // the insider is not admitted now
	block   int  // being mined
	next    int  // first lump not yet traded
	past    []sight
	latency int
	txs     []memchain.Tx
}

// sight is what can be known at the end of a block.
type sight struct {
	worth           [assets]path.Price
	public, private []uint256.Int // mid prices
}

func newTraders(st *stage, sc *scenario, s Setup) *traders {
	t := &traders{st: st, sc: sc, mesh: s.Mode == Mesh, latency: s.Latency, past: make([]sight, s.Latency)}
	for i := range t.past {
		t.past[i] = sight{public: make([]uint256.Int, len(st.public)), private: make([]uint256.Int, len(st.private))}
	}
	t.txs = []memchain.Tx{
		memchain.Pending, // the stabilizer's transaction is private, so it comes first
		{From: crowd, Do: t.panic},
		{From: arbitrage, Do: t.publicTriangle},
		{From: insider, Do: t.privateTriangle},
		{From: arbitrage, Do: t.align},
	}
	return t
}

// look remembers the end of the block just mined, for whoever acts on it
// latency blocks later. It returns the observed pool's price.
func (t *traders) look() (uint256.Int, error) {
	s := &t.past[t.block%t.latency]
	s.worth = t.st.worth
	for i, v := range t.st.public {
		mid, err := v.State().Mid()
		if err != nil {
			return mid, err
		}
		s.public[i] = mid
	}
	if t.mesh {
		for i, v := range t.st.private {
			mid, err := v.State().Mid()
			if err != nil {
				return mid, err
			}
			s.private[i] = mid
		}
	}
	return s.public[usdcUSDT], nil
}

// known is what an arbitrageur acts on in the block being mined: the end of the
// block latency blocks before it. Before there was one he does nothing.
func (t *traders) known() (*sight, bool) { return &t.past[t.block%t.latency], t.block >= t.latency }

// panic trades this block's lumps. Who sells gives cUSDC for what it brings, who
// buys spends what it is worth outside.
func (t *traders) panic(env memchain.Env) error {
	pool := t.st.public[usdcUSDT]
	for ; t.next < len(t.sc.lumps) && t.sc.lumps[t.next].block == t.block; t.next++ {
		l := t.sc.lumps[t.next]
		side, amount := pmm.SellBase, uint256.NewInt(uint64(l.amount))
		amount.Mul(amount, uint256.NewInt(1e18/micro))
		if !l.sell {
			side, *amount = pmm.SellQuote, times(*amount, t.st.price(pool))
		}
		if _, err := pool.Swap(env, side, *amount); err != nil {
			return err
		}
	}
	return nil
}

// align trades each public pool back to where the market was, as far as it pays
// after the fee, and closes the position outside at the market of now.
func (t *traders) align(env memchain.Env) error {
	seen, ok := t.known()
	if !ok {
		return nil
	}
	for i, v := range t.st.public {
		market := ratio(seen.worth[v.base], seen.worth[v.quote])
		cheap, dear := v.keep(market), v.gross(market)
		var err error
		switch mid := seen.public[i]; {
		case mid.Lt(&cheap):
			err = t.buy(env, v, cheap)
		case mid.Gt(&dear):
			err = t.sell(env, v, dear)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep returns what is left of x after the pool's fee, gross what x is left of.
func (v *venue) keep(x uint256.Int) uint256.Int {
	x.MulDivOverflow(&x, uint256.NewInt(uint64(10_000-v.fee)), uint256.NewInt(10_000))
	return x
}

func (v *venue) gross(x uint256.Int) uint256.Int {
	x.MulDivOverflow(&x, uint256.NewInt(10_000), uint256.NewInt(uint64(10_000-v.fee)))
	return x
}

// buy takes base out of the pool until its price is at target, and sells it
// outside.
func (t *traders) buy(env memchain.Env, v *venue, target uint256.Int) error {
	side, pay, err := v.State().AmountToPrice(target)
	if err != nil || side != pmm.SellQuote {
		return err // nil: another trade of this block has closed the gap
	}
	base, err := v.Swap(env, side, pay)
	if err != nil {
		return err
	}
	if err := v.BaseToken().Transfer(env, outside, base); err != nil {
		return err
	}
	return v.QuoteToken().Transfer(env.As(outside), arbitrage, times(base, t.st.price(v)))
}

// sell buys base outside and gives it to the pool until its price is at target.
func (t *traders) sell(env memchain.Env, v *venue, target uint256.Int) error {
	side, pay, err := v.State().AmountToPrice(target)
	if err != nil || side != pmm.SellBase {
		return err
	}
	cost := times(pay, t.st.price(v))
	cost.AddUint64(&cost, 1) // rounded up: the outside never loses a wei
	if err := v.QuoteToken().Transfer(env, outside, cost); err != nil {
		return err
	}
	if err := v.BaseToken().Transfer(env.As(outside), arbitrage, pay); err != nil {
		return err
	}
	_, err = v.Swap(env, side, pay)
	return err
}
