package pmm

import "github.com/holiman/uint256"

// Hop is one sale of a route.
type Hop struct {
	Pool Pool `json:"pool"`
	Side Side `json:"side"`
}

// Route is a chain of sales, each paying what the one before received: cUSDT to
// XAU in one pool, XAU to cEURT in the next. It is a value like [Pool]. A pool
// may occur once only, for its hops would not see each other.
type Route []Hop

// Quote returns what pay becomes along the route, after fees. It returns the
// error of the first hop that has one. It does not allocate.
func (r Route) Quote(pay uint256.Int) (uint256.Int, error) {
	for i := range r {
		q, err := r[i].Pool.quote(r[i].Side, &pay)
		if err != nil {
			return uint256.Int{}, err
		}
		pay = q.receive.u256()
	}
	return pay, nil
}

// Swap sells pay along the route, all hops or none, and returns the route with
// the pools after it and what was received.
func (r Route) Swap(pay uint256.Int) (Route, uint256.Int, error) {
	next := make(Route, len(r))
	for i, hop := range r {
		pool, q, err := hop.Pool.Swap(hop.Side, pay)
		if err != nil {
			return r, uint256.Int{}, err
		}
		next[i] = Hop{Pool: pool, Side: hop.Side}
		pay = q.Receive
	}
	return next, pay, nil
}
