package pmm

import "github.com/holiman/uint256"

// Reset is what the owner of a DPP may change at once.
type Reset struct {
	I         uint256.Int `json:"i"`         // in (0, 1e36]
	K         uint256.Int `json:"k"`         // at most 1e18
	LPFeeRate uint256.Int `json:"lpFeeRate"` // at most 1e18
	BaseIn    uint256.Int `json:"baseIn"`    // deposited before the call
	QuoteIn   uint256.Int `json:"quoteIn"`   //
	BaseOut   uint256.Int `json:"baseOut"`   // paid out to the owner
	QuoteOut  uint256.Int `json:"quoteOut"`  //
	MinBase   uint256.Int `json:"minBase"`   // reverts if the reserve before is below
	MinQuote  uint256.Int `json:"minQuote"`  //
}

// Reset gives a DPP new parameters and makes what is in it then its targets:
// R = One (DODO contractV2 c58c067 DPPVault.sol reset). It returns
// ErrUnsupported for other kinds.
func (p Pool) Reset(r Reset) (Pool, error) {
	if p.Kind != DPP {
		return p, p.unsupported("Reset")
	}
	c, err := p.Curve.nums()
	if err != nil {
		return p, err
	}
	var s safe
	s.require(!c.b.less(of(r.MinBase)) && !c.q.less(of(r.MinQuote)), ErrReserve)
	s.require(!one.less(of(r.LPFeeRate)), ErrLPFeeRange)
	s.require(!one.less(of(r.K)), ErrKRange)
	s.require(!r.I.IsZero() && !one2.less(of(r.I)), ErrIRange)
	c.b, c.q = s.add(c.b, of(r.BaseIn)), s.add(c.q, of(r.QuoteIn))
	s.require(!c.b.less(of(r.BaseOut)) && !c.q.less(of(r.QuoteOut)), ErrTransfer)
	c.b, c.q = s.sub(c.b, of(r.BaseOut)), s.sub(c.q, of(r.QuoteOut))
	c.i, c.k, c.b0, c.q0, c.r = of(r.I), of(r.K), c.b, c.q, One

	next := p
	next.LPFeeRate = r.LPFeeRate
	next.become(&s, &c)
	if err := s.err(); err != nil {
		return p, err
	}
	return next, nil
}

// RatioSync counts tokens sent to a DPP outside any trade and moves the targets
// in proportion (DODO contractV2 c58c067 DPPVault.sol ratioSync). It returns
// ErrUnsupported for other kinds.
func (p Pool) RatioSync(base, quote uint256.Int) (Pool, error) {
	if p.Kind != DPP {
		return p, p.unsupported("RatioSync")
	}
	c, err := p.Curve.nums()
	if err != nil {
		return p, err
	}
	var s safe
	b, q := s.add(c.b, of(base)), s.add(c.q, of(quote))
	s.require(b.is112() && q.is112(), ErrOverflow)
	if b != c.b {
		c.b0 = s.div(s.mul(c.b0, b), c.b).low112()
	}
	if q != c.q {
		c.q0 = s.div(s.mul(c.q0, q), c.q).low112()
	}
	c.b, c.q = b, q
	return p.changed(&s, &c)
}

// Sync counts tokens sent to a DSP or DVM outside any trade, as a gift to all
// shares (DODO contractV2 c58c067 DSPVault.sol, DVMVault.sol sync); with
// nothing sent it only brings TWAP up to date. It returns ErrUnsupported for a
// DPP.
func (p Pool) Sync(base, quote uint256.Int) (Pool, error) {
	if p.Kind != DSP && p.Kind != DVM {
		return p, p.unsupported("Sync")
	}
	c, err := p.Curve.nums()
	if err != nil {
		return p, err
	}
	var s safe
	c.b, c.q = s.add(c.b, of(base)), s.add(c.q, of(quote))
	return p.changed(&s, &c)
}

// CorrectRState mends a DSP whose reserves contradict its R, which rounding can
// bring about and which otherwise refuses every trade with ErrSub: what is in
// the pool becomes its targets, R = One. It leaves any other DSP as it is (DODO
// contractV2 c58c067 DSPVault.sol correctRState). It returns ErrUnsupported for
// other kinds.
func (p Pool) CorrectRState() (Pool, error) {
	if p.Kind != DSP {
		return p, p.unsupported("CorrectRState")
	}
	c := &p.Curve
	if c.R == BelowOne && c.B.Lt(&c.B0) || c.R == AboveOne && c.Q.Lt(&c.Q0) {
		c.R, c.B0, c.Q0 = One, c.B, c.Q
	}
	return p, nil
}

// changed returns p with its curve changed to c, or p and the revert.
func (p Pool) changed(s *safe, c *curve) (Pool, error) {
	next := p
	next.become(s, c)
	if err := s.err(); err != nil {
		return p, err
	}
	return next, nil
}
