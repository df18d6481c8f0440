package pmm

import (
	"fmt"

	"github.com/holiman/uint256"
)

const leastMint = 1000 // DSPVault.sol, DVMVault.sol _mint: more than that, or nothing

// BuyShares deposits base and quote and returns the shares minted for them,
// rounded down; what is beyond the pool's ratio is a gift to all (DODO
// contractV2 c58c067 DSPFunding.sol, DVMFunding.sol buyShares). It returns
// ErrUnsupported for a DPP.
func (p Pool) BuyShares(base, quote uint256.Int) (Pool, uint256.Int, error) {
	if p.Kind != DSP && p.Kind != DVM {
		return p, uint256.Int{}, p.unsupported("BuyShares")
	}
	c, err := p.Curve.nums()
	if err != nil {
		return p, uint256.Int{}, err
	}
	var s safe
	was, supply := c, of(p.Supply)
	c.b, c.q = s.add(c.b, of(base)), s.add(c.q, of(quote))
	s.require(!base.IsZero(), ErrNoBase)

	var shares num
	switch {
	case supply.isZero():
		shares = p.firstShares(&s, &c)
		supply = num{w0: p.LockedShares}
	case p.Kind == DVM && was.q.isZero() && !was.b.isZero():
		shares = s.div(s.mul(of(base), supply), was.b)
	case !was.b.isZero() && !was.q.isZero():
		ratio := least(s.divFloor(of(base), was.b), s.divFloor(of(quote), was.q))
		shares = s.mulFloor(supply, ratio)
		c.b0 = s.add(c.b0, s.mulFloor(c.b0, ratio)).low112() // zero in a DVM, and stays so
		c.q0 = s.add(c.q0, s.mulFloor(c.q0, ratio)).low112()
	}
	s.require(num{w0: leastMint}.less(shares), p.fewShares())

	next := p
	next.Supply = s.add(supply, shares).u256()
	next.become(&s, &c)
	if err := s.err(); err != nil {
		return p, uint256.Int{}, err
	}
	return next, shares.u256(), nil
}

// firstShares mints for the first deposit, already in c, and sets a DSP's
// targets to as much of it as is in the ratio of I.
func (p *Pool) firstShares(s *safe, c *curve) num {
	shares := c.b
	if p.Kind == DSP {
		s.require(!c.q.isZero(), ErrNoQuote)
		if c.q.less(s.mulFloor(c.b, c.i)) {
			shares = s.divFloor(c.q, c.i)
		}
		c.b0, c.q0 = shares.low112(), s.mulFloor(shares, c.i).low112()
	} else {
		s.require(!shares.less(num{w0: 1000}), ErrFirstBase)
	}
	locked := num{w0: p.LockedShares}
	s.require(s.add(locked, num{w0: leastMint}).less(shares), p.fewShares())
	s.require(p.Kind != DSP || !c.q0.isZero(), ErrQuoteTarget)
	return s.sub(shares, locked)
}

func (p *Pool) fewShares() Revert {
	if p.Kind == DVM && p.LockedShares == 0 {
		return ErrMintDVM
	}
	return ErrFewShares
}

// SellShares burns shares and pays out their part of both reserves, rounded
// down (DODO contractV2 c58c067 DSPFunding.sol, DVMFunding.sol sellShares). It
// reverts with ErrWithdraw if that is less than minBase or minQuote, and with
// ErrSharesHeld for more shares than providers hold in all: who holds how many
// is the caller's ledger. It returns ErrUnsupported for a DPP.
func (p Pool) SellShares(shares, minBase, minQuote uint256.Int) (next Pool, base, quote uint256.Int, err error) {
	if p.Kind != DSP && p.Kind != DVM {
		return p, base, quote, p.unsupported("SellShares")
	}
	c, err := p.Curve.nums()
	if err != nil {
		return p, base, quote, err
	}
	var s safe
	sold, supply := of(shares), of(p.Supply)
	held, none := supply.minus(num{w0: p.LockedShares})
	s.require(sold.isZero() || !none && !held.less(sold), ErrSharesHeld)

	outB := s.div(s.mul(c.b, sold), supply)
	outQ := s.div(s.mul(c.q, sold), supply)
	c.b0 = s.sub(c.b0, s.divCeil(s.mul(c.b0, sold), supply)) // zero in a DVM, and stays so
	c.q0 = s.sub(c.q0, s.divCeil(s.mul(c.q0, sold), supply))
	s.require(!outB.less(of(minBase)) && !outQ.less(of(minQuote)), ErrWithdraw)
	c.b, c.q = s.sub(c.b, outB), s.sub(c.q, outQ)

	next = p
	next.Supply = s.sub(supply, sold).u256()
	next.become(&s, &c)
	if err := s.err(); err != nil {
		return p, base, quote, err
	}
	return next, outB.u256(), outQ.u256(), nil
}

func (p *Pool) unsupported(method string) error {
	return fmt.Errorf("%w: %s of a %s", ErrUnsupported, method, p.Kind)
}
