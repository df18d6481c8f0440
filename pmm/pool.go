package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
)

// Pool is one pool as its contract stores it: DSP, DPP or DVM of DODO
// contractV2 c58c067. It is a value. Nothing here changes a Pool: what would
// change one on a chain returns the next Pool, and on an error the same one.
// The zero Pool is invalid; get one from [New], or fill the fields with what a
// chain says and call [Pool.Validate]. Safe for concurrent reading.
//
// Amounts are in wei, rates are fixed point with 18 decimals. A pool's token
// balances are its reserves: tokens sent to it enter with the call that counts
// them.
type Pool struct {
	Kind  Kind  `json:"kind"`
	Curve Curve `json:"curve"`

	LPFeeRate uint256.Int `json:"lpFeeRate"` // share of what the curve gives that stays in the reserve
	MTFeeRate uint256.Int `json:"mtFeeRate"` // share of what the curve gives that the maintainer gets

	Supply       uint256.Int `json:"supply"`       // shares of all providers and LockedShares; 0 in a DPP
	LockedShares uint64      `json:"lockedShares"` // nobody's, of the first deposit: 1001 in a DSP since January 2024, else 0

	// The maintainer's fees so far.
	MaintainerBase  uint256.Int `json:"maintainerBase"`
	MaintainerQuote uint256.Int `json:"maintainerQuote"`

	// The smallest payments that Quote and Swap accept; 0 accepts all, as the
	// contracts do, whose rounding a trader without gas can harvest wei by wei
	// and whose R flips on a payment of 0.
	MinBase  uint256.Int `json:"minBase"`
	MinQuote uint256.Int `json:"minQuote"`

	Time uint32 `json:"time"` // of the current block: Unix seconds modulo 2^32, the caller's to set; only TWAP reads it
	TWAP TWAP   `json:"twap"`
}

// Params are what a pool is made with. See [Pool] and [Curve] for units.
type Params struct {
	Kind         Kind        `json:"kind"`
	I            uint256.Int `json:"i"`            // in (0, 1e36]
	K            uint256.Int `json:"k"`            // at most 1e18
	LPFeeRate    uint256.Int `json:"lpFeeRate"`    // with MTFeeRate at most 1e18
	MTFeeRate    uint256.Int `json:"mtFeeRate"`    //
	LockedShares uint64      `json:"lockedShares"` // 0 in a DPP
	MinBase      uint256.Int `json:"minBase"`      //
	MinQuote     uint256.Int `json:"minQuote"`     //
	Base         uint256.Int `json:"base"`         // the first deposit, by [Pool.BuyShares] or a DPP's owner; may be 0
	Quote        uint256.Int `json:"quote"`        //
	Time         uint32      `json:"time"`         //
	TWAP         bool        `json:"twap"`         // keep accumulators from Time on
}

// New returns a pool as right after its contract's init. It returns ErrInvalid
// for a parameter out of bounds, and the [Revert] of the first deposit.
func New(p Params) (Pool, error) {
	pool := Pool{
		Kind: p.Kind, Curve: Curve{I: p.I, K: p.K},
		LPFeeRate: p.LPFeeRate, MTFeeRate: p.MTFeeRate, LockedShares: p.LockedShares,
		MinBase: p.MinBase, MinQuote: p.MinQuote,
		Time: p.Time, TWAP: TWAP{Open: p.TWAP, Last: p.Time},
	}
	switch p.Kind {
	case DPP:
		pool.Curve.B, pool.Curve.Q = p.Base, p.Quote
		pool.Curve.B0, pool.Curve.Q0 = p.Base, p.Quote
	case DVM:
		pool.Curve.R = AboveOne
	default: // a DSP is funded by shares
	}
	if err := pool.Validate(); err != nil {
		return Pool{}, err
	}
	if p.Kind == DPP || p.Base.IsZero() && p.Quote.IsZero() {
		return pool, nil
	}
	funded, _, err := pool.BuyShares(p.Base, p.Quote)
	if err != nil {
		return Pool{}, err
	}
	return funded, nil
}

// Validate returns ErrInvalid if a field is outside the bounds that the
// contracts keep. Other methods do not check them again: outside, they revert
// where the contract's arithmetic would.
func (p Pool) Validate() error {
	var s safe
	c := &p.Curve
	fees := s.add(of(p.LPFeeRate), of(p.MTFeeRate))
	switch {
	case p.Kind < DSP || p.Kind > DVM:
		return fmt.Errorf("%w: Kind %d: must be DSP, DPP or DVM", ErrInvalid, uint8(p.Kind))
	case c.I.IsZero() || one2.less(of(c.I)):
		return fmt.Errorf("%w: I %s: must be in (0, 1e36]", ErrInvalid, c.I.Dec())
	case one.less(of(c.K)):
		return fmt.Errorf("%w: K %s: must be at most 1e18", ErrInvalid, c.K.Dec())
	case s.err() != nil || one.less(fees):
		return fmt.Errorf("%w: LPFeeRate %s + MTFeeRate %s: must be at most 1e18", ErrInvalid, p.LPFeeRate.Dec(), p.MTFeeRate.Dec())
	case c.R > BelowOne:
		return fmt.Errorf("%w: R %d: must be One, AboveOne or BelowOne", ErrInvalid, uint8(c.R))
	case p.Kind == DVM && (c.R != AboveOne || !c.B0.IsZero() || !c.Q0.IsZero()):
		return fmt.Errorf("%w: R %s, B0 %s, Q0 %s: a DVM stores no targets: must be ABOVE_ONE, 0, 0", ErrInvalid, c.R, c.B0.Dec(), c.Q0.Dec())
	case p.Kind == DPP && (!p.Supply.IsZero() || p.LockedShares != 0):
		return fmt.Errorf("%w: Supply %s, LockedShares %d: a DPP has no shares", ErrInvalid, p.Supply.Dec(), p.LockedShares)
	}
	for _, amount := range []struct {
		name string
		wei  uint256.Int
	}{{"B", c.B}, {"Q", c.Q}, {"B0", c.B0}, {"Q0", c.Q0}} {
		if !of(amount.wei).is112() {
			return fmt.Errorf("%w: %s %s: must be below 2^112", ErrInvalid, amount.name, amount.wei.Dec())
		}
	}
	return nil
}

// Adjusted returns the curve that trades see: [Curve.Adjusted].
func (p Pool) Adjusted() (Curve, error) { return p.Curve.Adjusted() }

// Mid returns the pool's price: wei of quote per wei of base, times 1e18,
// rounded down. It reverts with ErrDiv when the pool is empty.
func (p Pool) Mid() (uint256.Int, error) {
	var s safe
	c, err := p.Curve.nums()
	if err != nil {
		return uint256.Int{}, err
	}
	mid := c.price(&s)
	if err := s.err(); err != nil {
		return uint256.Int{}, err
	}
	return mid.u256(), nil
}

// price is DSPStorage.sol getMidPrice.
func (c curve) price(s *safe) num {
	c.adjust(s)
	return c.mid(s)
}

// Quote is the answer to a sale: amounts of the token received, whose sum is
// what the curve gives.
type Quote struct {
	Receive uint256.Int `json:"receive"` // the seller's
	LPFee   uint256.Int `json:"lpFee"`   // stays in the reserve; rounded down
	MTFee   uint256.Int `json:"mtFee"`   // the maintainer's; rounded down
	R       RState      `json:"r"`       // the curve's state after the sale
	Target  uint256.Int `json:"target"`  // of the token sold, adjusted; the pool stores it if R changes
}

// Quote returns what a sale of pay would give now (DODO contractV2 c58c067
// DSPTrader.sol querySellBase, querySellQuote). It does not allocate.
func (p Pool) Quote(side Side, pay uint256.Int) (Quote, error) {
	q, err := p.quote(side, &pay)
	if err != nil {
		return Quote{}, err
	}
	return q.quote(), nil
}

// Swap sells pay to the pool and returns the pool after it (DODO contractV2
// c58c067 DSPTrader.sol sellBase, sellQuote). Reserves fall by Receive and
// MTFee. It does not allocate.
func (p Pool) Swap(side Side, pay uint256.Int) (Pool, Quote, error) {
	q, err := p.quote(side, &pay)
	if err != nil {
		return p, Quote{}, err
	}
	var s safe
	next := p
	next.settle(&s, side, &q, of(pay), s.add(q.receive, q.mtFee))
	if err := s.err(); err != nil {
		return p, Quote{}, err
	}
	return next, q.quote(), nil
}

// quote is a Quote to calculate with.
type quote struct {
	receive, lpFee, mtFee, target num
	r                             RState
}

func (q *quote) quote() Quote {
	return Quote{Receive: q.receive.u256(), LPFee: q.lpFee.u256(), MTFee: q.mtFee.u256(), R: q.r, Target: q.target.u256()}
}

func (p *Pool) quote(side Side, pay *uint256.Int) (quote, error) {
	if err := side.validate(); err != nil {
		return quote{}, err
	}
	if side == SellBase && pay.Lt(&p.MinBase) || side == SellQuote && pay.Lt(&p.MinQuote) {
		return quote{}, ErrTooSmall
	}
	c, err := p.Curve.nums()
	if err != nil {
		return quote{}, err
	}
	var s safe
	q := p.ask(&s, c, side, of(*pay))
	return q, s.err()
}

// ask is DSPTrader.sol querySellBase and querySellQuote.
func (p *Pool) ask(s *safe, c curve, side Side, pay num) (q quote) {
	c.adjust(s)
	if s.revert != "" {
		return q
	}
	gross, r := c.sell(s, side, pay)
	q.r, q.target = r, c.b0
	if side == SellQuote {
		q.target = c.q0
	}
	q.mtFee = s.mulFloor(gross, of(p.MTFeeRate))
	q.lpFee = s.mulFloor(gross, of(p.LPFeeRate))
	q.receive = s.sub(s.sub(gross, q.lpFee), q.mtFee)
	return q
}

// settle is the second half of DSPTrader.sol sellBase and sellQuote: pay has
// come in and out, with the maintainer's fee, goes out. The target of the token
// sold is stored only when R changes; a DVM stores none.
func (p *Pool) settle(s *safe, side Side, q *quote, pay, out num) {
	c, _ := p.Curve.nums()
	stores := p.Kind != DVM && q.r != c.r
	maintainer := &p.MaintainerQuote
	if side == SellBase {
		s.require(!c.q.less(out), ErrTransfer)
		c.b, c.q = s.add(c.b, pay), s.sub(c.q, out)
		if stores {
			c.b0, c.r = q.target, q.r
		}
	} else {
		maintainer = &p.MaintainerBase
		s.require(!c.b.less(out), ErrTransfer)
		c.b, c.q = s.sub(c.b, out), s.add(c.q, pay)
		if stores {
			c.q0, c.r = q.target, q.r
		}
	}
	s.require(!stores || q.target.is112(), ErrOverflow)
	*maintainer = s.add(of(*maintainer), q.mtFee).u256()
	p.become(s, &c)
}

// become is DSPVault.sol _setReserve: the curve changes, and the time until now
// is charged to the accumulators.
func (p *Pool) become(s *safe, next *curve) {
	s.require(next.b.is112() && next.q.is112(), ErrOverflow)
	if p.TWAP.Open {
		was, _ := p.Curve.nums()
		p.TWAP.charge(s, &was, next, p.Time)
	}
	p.Curve = next.curve()
}
