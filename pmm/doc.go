// Package pmm calculates what a pool of DODO's proactive market maker does, to
// the wei: quotes, swaps, targets, shares, flash loans, time-weighted prices,
// and every refusal.
//
// # The curve
//
// A PMM pool offers liquidity around a guide price I. While both reserves are
// at their targets (R = One) its price is I. When base runs short, or quote,
//
//	price = I * (1 - K + K*(B0/B)^2)    above one: B < B0
//	price = I / (1 - K + K*(Q0/Q)^2)    below one: Q < Q0
//
// K in [0, 1] says how fast: at 0 the price stays at I until a side is empty,
// at 1 the curve is x*y = constant. What a trade receives is the integral of
// that price.
//
// The contracts round at each step, so do not expect the true curve to the last
// digit. This package does the same steps in the same order (DODO contractV2
// c58c067: PMMPricing.sol, DODOMath.sol, and the DSP, DPP and DVM pools), and
// where they revert it returns the require string as an error, a [Revert]:
// never a wrong number, never a panic.
//
// # What to call
//
// [New] makes a [Pool]; [Pool.Quote] asks, [Pool.Swap] returns the pool after a
// trade, [Pool.Mid] is its price. [Pool.AmountToPrice] says what to trade to
// reach a price, [Pool.DepthAtSlippage] how deep the pool is, a [Route] strings
// pools together. [Pool.BuyShares], [Pool.SellShares], [Pool.Reset],
// [Pool.RatioSync], [Pool.Flash] and the rest are the other calls of the
// contracts. A [Pool] is a value: a simulation forks by copying it. [Wei],
// [Tokens], [PriceWei] and [Price] translate between wei and decimals.
// [LinearPrice] is another, simpler rule that is no pool's price.
//
// Quote and Swap do not allocate.
//
// # Where a pool surprises
//
//   - A payment of 0 at R = One changes R. A payment of some wei may receive
//     more than it is worth. Set Pool.MinBase and Pool.MinQuote.
//   - A guide price in wei can be large (6 decimals against 18); 1/I is then
//     imprecise, and sales of quote receive less than the price says.
//   - K = 1e18-1 moves in steps of half a token, unlike 1e18.
//   - The contracts' own TWAP is manipulable within a transaction: see [TWAP].
//   - Fees of providers stay in the reserve; the maintainer's leave it.
//
// # Glossary
//
//   - base, quote: the two tokens; a price is quote per base.
//   - target: the reserve at which a side is neither short nor in excess.
//   - R: which side is short.
//   - above, below one: base short, quote short.
//   - mid: the price of an infinitely small trade.
//   - LP fee, MT fee: the providers' and the maintainer's share of a trade.
package pmm
