// Package mesh joins PMM pools into one market: through gold, the anchor in
// which every token has a value, and across chains, over bridges that are slow,
// narrow and sometimes shut. It finds the best way to execute an order there and
// simulates what a year of orders does to the pools.
//
// # Value
//
// A [Token] is pegged to an [Anchor] (one cUSDT is worth 1 USD), and an anchor
// has a price in gold (XAU). So any token has a fair price in any other,
// without a pool between them (Vault plan §5):
//
//	fair(A in B) = value(A) / value(B),   value = worth / anchor units per XAU
//
// [Mesh.Fair] is that price, [Mesh.Triangulate] the one that the pools make.
//
// # Routes
//
// [Mesh.Route] splits an order over paths of pools and bridges, exact to the
// wei, so that what arrives, less gas, is greatest. What a path gives is concave
// in what is paid, so it fills paths in equal increments, each where it gives
// most, and then shifts amounts between pairs of paths by golden section. Paths
// that do not earn their gas are dropped. See there for how much work that is.
//
// # Simulation
//
// A [Scenario] is a mesh, its order flow and its shocks. [NewSimulation] makes
// a [Simulation]; [Simulation.Step] is one epoch and pure: randomness is an
// argument. Within an epoch, in this order:
//
//  1. anchors move against gold, guide prices follow, lanes open or close;
//  2. bridged amounts arrive and finish their routes;
//  3. orders come and are routed;
//  4. arbitrageurs trade pools back to within their fees of the fair price, out
//     of inventories that bridges refill;
//  5. a [Keeper] trades what it decides;
//  6. the pools are measured, and every token is counted, in flight or not:
//     a single unit too many or too few is [ErrLeak].
//
// [Result] has the scorecard: capture, churn, intervention cost, deviation from
// the peg, and what is wrong with the worst pool. [Named] has the scenarios of
// the capital-efficiency plan, [FromDeployment] makes a mesh of what is deployed.
//
// # Glossary
//
//   - asset: a token on a chain.
//   - fair: the price that follows from pegs and anchors, as on a deep market
//     outside.
//   - hub, spoke: the chain on which gold can be had at the fair price, and
//     those that reach it over bridges only.
//   - lane: a bridge as it is at the moment.
//   - ppm: one part in a million, a hundredth of a basis point.
//   - unit: the anchor in which values are reported, such as USD.
package mesh
