package pmm

import "github.com/holiman/uint256"

// Flash is a flash loan: what left the pool and what is back at the end of the
// transaction.
type Flash struct {
	BaseOut   uint256.Int `json:"baseOut"`
	QuoteOut  uint256.Int `json:"quoteOut"`
	BaseBack  uint256.Int `json:"baseBack"`
	QuoteBack uint256.Int `json:"quoteBack"`
}

// Flash settles a flash loan (DODO contractV2 c58c067 DSPTrader.sol flashLoan).
// A loan has no fee: both tokens back in full pass, and more is a gift. Short
// of one token, the excess of the other counts as a sale of it, with its fees,
// and the Quote is that sale's; less back than that sale would leave, or both
// short, reverts with ErrFlash. More out than the pool holds reverts with
// ErrTransfer.
func (p Pool) Flash(f Flash) (Pool, Quote, error) {
	c, err := p.Curve.nums()
	if err != nil {
		return p, Quote{}, err
	}
	var s safe
	s.require(!c.b.less(of(f.BaseOut)) && !c.q.less(of(f.QuoteOut)), ErrTransfer)
	base := s.add(s.sub(c.b, of(f.BaseOut)), of(f.BaseBack)) // the balances now
	quote := s.add(s.sub(c.q, of(f.QuoteOut)), of(f.QuoteBack))
	shortB, shortQ := base.less(c.b), quote.less(c.q)
	s.require(!shortB || !shortQ, ErrFlash)
	if err := s.err(); err != nil {
		return p, Quote{}, err
	}
	switch {
	case shortB:
		return p.flashSale(c, SellQuote, s.sub(quote, c.q), s.sub(c.b, base))
	case shortQ:
		return p.flashSale(c, SellBase, s.sub(base, c.b), s.sub(c.q, quote))
	}
	c.b, c.q = base, quote
	next, err := p.changed(&s, &c)
	return next, Quote{}, err
}

// flashSale settles a loan as a sale of excess for short.
func (p Pool) flashSale(c curve, side Side, excess, short num) (Pool, Quote, error) {
	var s safe
	q := p.ask(&s, c, side, excess)
	s.require(!q.receive.less(short), ErrFlash)
	next := p
	next.settle(&s, side, &q, excess, s.add(short, q.mtFee))
	if err := s.err(); err != nil {
		return p, Quote{}, err
	}
	return next, q.quote(), nil
}
