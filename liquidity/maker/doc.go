// Package maker quotes a parametric order book around a reference price and keeps
// it there: a wall on each side near the price, a tail behind it, and nothing
// moved that is still where it should be.
//
//	price(i)  = reference x (1 -+ (offset + fee + lean + i x density) / 10,000)
//	amount(i) = wall, growing away from the price along a [Curve]
//
// Bids are rounded down to the tick and asks up, every order is post only, and a
// price that would trade at once is set back behind the best of the other side.
//
// What it never does: quote without a price that is young enough, quote twice
// what it has, place an order of which it does not know whether it is placed
// already, or trade at a price that has become dangerous while a harmless order is
// moved.
//
// Start from [Careful], make an [Engine] with [New] and its [World] with
// [NewWorld], and give both to an evenkeel.Runner.
package maker
