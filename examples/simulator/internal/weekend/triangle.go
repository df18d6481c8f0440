package weekend

import (
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// triangle is three pools in which one can go round from cUSDT to cUSDT.
type triangle struct {
	direct *venue // cUSDC/cUSDT
	usdc   *venue // cUSDC/XAU
	usdt   *venue // cUSDT/XAU
}

// leg is one sale on the way round.
type leg struct {
	venue *venue
	side  pmm.Side
}

func (t *traders) publicTriangle(env memchain.Env) error {
	seen, ok := t.known()
	if !ok {
		return nil
	}
	public := &t.st.public
	return triangle{public[usdcUSDT], public[usdcGold], public[usdtGold]}.
		trade(env, seen.public[usdcUSDT], seen.public[usdcGold], seen.public[usdtGold])
}

// privateTriangle is how the public price follows the private pools in Mesh
// mode: nobody but the insider trades in both.
func (t *traders) privateTriangle(env memchain.Env) error {
	seen, ok := t.known()
	if !ok || !t.mesh || t.closed {
		return nil
	}
	return triangle{t.st.public[usdcUSDT], t.st.private[privateUSDC], t.st.private[privateUSDT]}.
		trade(env, seen.public[usdcUSDT], seen.private[privateUSDC], seen.private[privateUSDT])
}

// trade goes round once, if that paid at the prices seen and still pays.
func (tr triangle) trade(env memchain.Env, direct, usdc, usdt uint256.Int) error {
	if way, _ := tr.opportunity(direct, usdc, usdt); way == nil {
		return nil
	}
	var mids [3]uint256.Int
	for i, v := range [3]*venue{tr.direct, tr.usdc, tr.usdt} {
		mid, err := v.State().Mid()
		if err != nil {
			return err
		}
		mids[i] = mid
	}
	way, gap := tr.opportunity(mids[0], mids[1], mids[2])
	if way == nil {
		return nil
	}
	pay, err := way[0].size(gap)
	if err != nil || !pays(way, pay) {
		return err
	}
	for _, l := range way {
		if pay, err = l.venue.Swap(env, l.side, pay); err != nil {
			return err
		}
	}
	return nil
}

// opportunity compares the direct price of cUSDC in cUSDT with the one through
// gold. It returns the way round that pays after the three fees, and by how
// much in parts of 1e18; no way if none does.
func (tr triangle) opportunity(direct, usdc, usdt uint256.Int) (way []leg, gap uint256.Int) {
	var implied uint256.Int
	implied.MulDivOverflow(&usdc, one, &usdt)
	if kept := tr.keep(implied); kept.Gt(&direct) {
		gap.MulDivOverflow(&kept, one, &direct)
		way = []leg{{tr.direct, pmm.SellQuote}, {tr.usdc, pmm.SellBase}, {tr.usdt, pmm.SellQuote}}
	} else if kept := tr.keep(direct); kept.Gt(&implied) {
		gap.MulDivOverflow(&kept, one, &implied)
		way = []leg{{tr.usdt, pmm.SellBase}, {tr.usdc, pmm.SellQuote}, {tr.direct, pmm.SellBase}}
	} else {
		return nil, gap
	}
	gap.Sub(&gap, one)
	return way, gap
}

// keep returns what three fees leave of x.
func (tr triangle) keep(x uint256.Int) uint256.Int {
	return tr.usdt.keep(tr.usdc.keep(tr.direct.keep(x)))
}

// size returns what to pay in the first pool to move its price by a third of
// the gap: pools of equal depth, each moved alike, then meet in the middle.
func (l leg) size(gap uint256.Int) (uint256.Int, error) {
	state := l.venue.State()
	mid, err := state.Mid()
	if err != nil {
		return mid, err
	}
	step := times(mid, gap)
	step.Div(&step, uint256.NewInt(3))
	target := mid
	if l.side == pmm.SellQuote {
		target.Add(&mid, &step)
	} else {
		target.Sub(&mid, &step)
	}
	_, pay, err := state.AmountToPrice(target)
	return pay, err
}

// pays reports whether more comes back than goes in.
func pays(way []leg, pay uint256.Int) bool {
	amount := pay
	for _, l := range way {
		quote, err := l.venue.State().Quote(l.side, amount)
		if err != nil {
			return false // a pool cannot serve it
		}
		amount = quote.Receive
	}
	return amount.Gt(&pay)
}

var one = uint256.NewInt(1e18)
