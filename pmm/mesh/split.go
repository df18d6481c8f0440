package mesh

import (
	"fmt"
	"slices"

	"github.com/holiman/uint256"
)

// How amounts are shifted between every two paths of a split: first to where one
// of them has a quarter, a 16th, 64th or 256th of both, for a path may be that
// shallow; then in rounds by some trials of a golden-section search, each round
// within a quarter of the range before. What is lost by being short of the best
// shift falls with the square of the distance, so few trials are enough; rounds
// end early, after the first three, when one gains less than a 2^20th.
const (
	scales    = 4
	maxRounds = 8
	minRounds = 3
	trials    = 5
	gainShift = 20
)

// probeShift says which part of an order tells the price at which a path begins,
// or ends: a 16,384th.
const probeShift = 14

// split is an order divided: what goes on each path of the router.
type split struct {
	pay     []uint256.Int
	receive uint256.Int
	gas     uint256.Int // of the paths with a payment
	ok      bool        // false: refused
}

// better compares what is left after gas.
func (a split) better(b split) bool {
	if !a.ok || !b.ok {
		return a.ok
	}
	left, right := sum(a.receive, b.gas), sum(b.receive, a.gas)
	return right.Lt(&left)
}

// router divides one order.
type router struct {
	m     *Mesh
	seen  *Snapshot
	work  Snapshot // a copy to try things on
	pools []int    // those that the paths use
	lanes []int
	order Order
	paths []Path
	gas   []uint256.Int // by path, in the asset received
	l     Limits
}

func (m *Mesh) route(s *Snapshot, values []uint256.Int, o Order, paths []Path, l Limits) (Plan, error) {
	r := router{m: m, seen: s, order: o, paths: paths, gas: make([]uint256.Int, len(paths)), l: l}
	to := m.asset[o.To]
	for i, p := range paths {
		var gas uint256.Int
		for _, hop := range p {
			if hop.bridge() {
				gas = sum(gas, m.sendGas[hop.Index])
			} else {
				gas = sum(gas, m.swapGas[hop.Index])
			}
		}
		r.gas[i] = m.weiOf(s, values, to, gas)
	}
	best, err := r.best()
	if err != nil {
		return Plan{}, err
	}
	return r.plan(best)
}

// best is the best split found, never worse than the best path alone.
func (r *router) best() (split, error) {
	alone, refusal := r.alone()
	if len(r.paths) > 1 && r.worthSplitting(alone) {
		r.copy()
		best := r.divide(r.all())
		best = r.prune(best)
		if best.better(alone) {
			return best, nil
		}
	}
	if !alone.ok {
		return alone, fmt.Errorf("%w: %s of %s to %s: %w", ErrNoRoute, r.order.Pay.Dec(), r.order.From, r.order.To, refusal)
	}
	return alone, nil
}

// alone is the best path that takes the whole order.
func (r *router) alone() (best split, refusal error) {
	for i, p := range r.paths {
		got, err := r.m.ask(r.seen, p, r.order.Pay)
		if err != nil {
			if refusal == nil {
				refusal = err
			}
			continue
		}
		one := split{receive: got, gas: r.gas[i], ok: true}
		if !best.ok || one.better(best) {
			one.pay = make([]uint256.Int, len(r.paths))
			one.pay[i] = r.order.Pay
			best = one
		}
	}
	return best, refusal
}

// worthSplitting says whether a split might beat the best path alone. What a
// path gives is concave in what is paid, so moving payment elsewhere gains at
// first other - last per unit, where other is the best first price of the other
// paths and last the price that the best path ends at, and less and less the
// further the best path moves back towards its own first price. As a triangle
// that is
//
//	gain = pay * (other - last)^2 / (2 * (first - last))
//
// and it has to earn the gas of another path.
func (r *router) worthSplitting(alone split) bool {
	probe := r.order.Pay
	probe.Rsh(&probe, probeShift)
	if !alone.ok || probe.IsZero() {
		return true
	}
	best := slices.IndexFunc(alone.pay, func(x uint256.Int) bool { return !x.IsZero() })
	before, err := r.m.ask(r.seen, r.paths[best], diff(r.order.Pay, probe))
	if err != nil || alone.receive.Lt(&before) {
		return true
	}
	last := diff(alone.receive, before)
	var first, other uint256.Int
	gas := maxAmount // the least of another path
	for i, p := range r.paths {
		got, err := r.m.ask(r.seen, p, probe)
		switch {
		case err != nil:
		case i == best:
			first = got
		default:
			gas = lesser(gas, r.gas[i])
			if other.Lt(&got) {
				other = got
			}
		}
	}
	other = sum(other, *uint256.NewInt(2)) // it was rounded down, and last perhaps up
	if !last.Lt(&other) {
		return false
	}
	gain := diff(other, last)
	if other.Lt(&first) { // else it is not a triangle: take all of it
		gain, _ = mulDiv(gain, gain, diff(first, last))
		gain.Rsh(&gain, 1)
	}
	return gas.Lt(gain.Lsh(&gain, probeShift))
}

// copy prepares the snapshot that splits are tried on.
func (r *router) copy() {
	r.work = r.seen.clone()
	for _, p := range r.paths {
		for _, hop := range p {
			used := &r.pools
			if hop.bridge() {
				used = &r.lanes
			}
			if !slices.Contains(*used, hop.Index) {
				*used = append(*used, hop.Index)
			}
		}
	}
}

// reset forgets what was tried.
func (r *router) reset() {
	for _, i := range r.pools {
		r.work.Pools[i] = r.seen.Pools[i]
	}
	for _, i := range r.lanes {
		r.work.Lanes[i] = r.seen.Lanes[i]
	}
}

func (r *router) all() []int {
	set := make([]int, len(r.paths))
	for i := range set {
		set[i] = i
	}
	return set
}

// try executes a split, path by path.
func (r *router) try(pay []uint256.Int) (got split) {
	r.reset()
	got.pay = pay
	for i := range pay {
		if pay[i].IsZero() {
			continue
		}
		received, err := r.m.follow(&r.work, r.paths[i], pay[i])
		if err != nil {
			return split{}
		}
		got.receive, got.gas = sum(got.receive, received), sum(got.gas, r.gas[i])
	}
	got.ok = true
	return got
}

// divide finds the best split over a set of paths, gas aside: increments where
// they give most, then shifts between every two.
func (r *router) divide(set []int) split {
	pay, ok := r.fill(set)
	if !ok {
		return split{}
	}
	used := r.largest(pay)
	if len(used) > r.l.MaxSplit {
		return r.divide(used[:r.l.MaxSplit])
	}
	for _, i := range set { // an increment may be too much for a path that should have less
		if len(used) < r.l.MaxSplit && pay[i].IsZero() {
			used = append(used, i)
		}
	}
	set = used
	best := r.try(pay)
	if !best.ok { // path by path what went increment by increment, to the unit, may not
		return best
	}
	for i := range set {
		for _, j := range set[i+1:] {
			best = r.scan(best, set[i], j)
		}
	}
	within := r.order.Pay
	for round := range maxRounds {
		before := best.receive
		for i := range set {
			for _, j := range set[i+1:] {
				best = r.shift(best, set[i], j, within)
			}
		}
		within.Rsh(&within, 2)
		if gain := diff(best.receive, before); round >= minRounds-1 && !before.Lt(gain.Lsh(&gain, gainShift)) {
			break
		}
	}
	return best
}

// fill divides the order into increments and lets each go where it gives most
// after those before it. It fails when no path takes one.
func (r *router) fill(set []int) (pay []uint256.Int, ok bool) {
	r.reset()
	pay = make([]uint256.Int, len(r.paths))
	increment := part(r.order.Pay, 1, uint64(r.l.Steps))
	if increment.IsZero() {
		increment = r.order.Pay
	}
	gives := make([]uint256.Int, len(r.paths)) // for an increment; 0 where it is refused
	ask := func(i int) { gives[i], _ = r.m.ask(&r.work, r.paths[i], increment) }
	for _, i := range set {
		ask(i)
	}
	for left := r.order.Pay; !left.IsZero(); {
		if twice := sum(increment, increment); left.Lt(&twice) && increment != left {
			increment = left // the last one takes the remainder
			for _, i := range set {
				ask(i)
			}
		}
		to := set[0]
		for _, i := range set {
			if gives[to].Lt(&gives[i]) {
				to = i
			}
		}
		if _, err := r.m.follow(&r.work, r.paths[to], increment); err != nil {
			return nil, false
		}
		pay[to] = sum(pay[to], increment)
		left = diff(left, increment)
		for _, i := range set {
			if r.paths[i].meets(r.paths[to]) {
				ask(i)
			}
		}
	}
	return pay, true
}

// meets says whether two paths have a pool or a bridge in common.
func (p Path) meets(q Path) bool {
	for _, a := range p {
		for _, b := range q {
			if a.Index == b.Index && a.bridge() == b.bridge() {
				return true
			}
		}
	}
	return false
}

// largest are the paths with a payment, the largest first.
func (r *router) largest(pay []uint256.Int) []int {
	var set []int
	for i := range pay {
		if !pay[i].IsZero() {
			set = append(set, i)
		}
	}
	slices.SortStableFunc(set, func(i, j int) int { return pay[j].Cmp(&pay[i]) })
	return set
}

// moved is a split in which path i has x of what it and path j have together.
func (r *router) moved(s split, i, j int, x uint256.Int) split {
	pay := slices.Clone(s.pay)
	pay[i], pay[j] = x, diff(sum(s.pay[i], s.pay[j]), x)
	return r.try(pay)
}

// scan tries the scales of division between two paths.
func (r *router) scan(best split, i, j int) split {
	all := sum(best.pay[i], best.pay[j])
	found := best
	for scale := range scales {
		less := all
		less.Rsh(&less, uint(2*(scale+1)))
		for _, x := range []uint256.Int{less, diff(all, less)} {
			if s := r.moved(best, i, j, x); s.receivesMore(found) {
				found = s
			}
		}
	}
	return found
}

// shift moves payment between two paths, by at most within, to where both
// together give most: a golden-section search, for the sum has one peak.
func (r *router) shift(best split, i, j int, within uint256.Int) split {
	low, high := uint256.Int{}, lesser(sum(best.pay[i], within), sum(best.pay[i], best.pay[j]))
	if within.Lt(&best.pay[i]) {
		low = diff(best.pay[i], within)
	}
	found := best
	at := func(x uint256.Int) split {
		s := r.moved(best, i, j, x)
		if s.receivesMore(found) {
			found = s
		}
		return s
	}
	left, right := golden(low, high)
	atLeft, atRight := at(left), at(right)
	for range trials {
		if atLeft.receivesMore(atRight) {
			high, right, atRight = right, left, atLeft
			left, _ = golden(low, high)
			atLeft = at(left)
		} else {
			low, left, atLeft = left, right, atRight
			_, right = golden(low, high)
			atRight = at(right)
		}
	}
	return found
}

// receivesMore compares what is received before gas, which the same paths cost
// whatever goes over them.
func (a split) receivesMore(b split) bool {
	if !a.ok || !b.ok {
		return a.ok
	}
	return b.receive.Lt(&a.receive)
}

// golden divides a range at its two golden sections.
func golden(low, high uint256.Int) (left, right uint256.Int) {
	short := part(diff(high, low), 381_966, 1_000_000)
	return sum(low, short), diff(high, short)
}

// prune leaves out paths, one at a time, as long as that saves more gas than it
// costs. Down to one path it need not go: that is known.
func (r *router) prune(best split) split {
	for best.ok && !best.gas.IsZero() {
		set := r.largest(best.pay)
		if len(set) <= 2 {
			return best
		}
		next := best
		for i := range set {
			if fewer := r.divide(slices.Delete(slices.Clone(set), i, i+1)); fewer.better(next) {
				next = fewer
			}
		}
		if !next.better(best) {
			return best
		}
		best = next
	}
	return best
}

// plan writes a split down.
func (r *router) plan(s split) (Plan, error) {
	plan := Plan{Order: r.order, Receive: s.receive, Gas: s.gas}
	legs := r.largest(s.pay)
	slices.Sort(legs) // in the order in which they were tried
	if len(legs) > 1 {
		r.reset()
	}
	for _, i := range legs {
		leg := Leg{Path: r.paths[i], Pay: s.pay[i], Receive: s.receive, Gas: r.gas[i]}
		if len(legs) > 1 {
			got, err := r.m.follow(&r.work, leg.Path, leg.Pay)
			if err != nil {
				return Plan{}, err
			}
			leg.Receive = got
		}
		for _, hop := range leg.Path {
			if hop.bridge() {
				leg.Epochs += r.seen.Lanes[hop.Index].LatencyEpochs
			}
		}
		plan.Legs = append(plan.Legs, leg)
	}
	return plan, nil
}
