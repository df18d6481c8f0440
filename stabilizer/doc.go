// Package stabilizer decides when and how much to trade to hold a peg, and
// refuses to be pushed into it by a flash loan.
//
// # The problem
//
// A token should trade at its target, and a pool drifts from it with every
// trade. Somebody has to trade back, soon enough that the drift stays small
// and late enough that one manipulated block moves nothing. The rules are those
// of the Vault System Master Technical Plan, §6 (size), §8 (sustained
// deviation) and Appendix A (delay, caps, slippage, gas).
//
// # The formula
//
//	deviation  twap, spot = 10^4 × (price - target) / target, bps
//	out        both beyond the band, on the same side; the band is ThetaEnter,
//	           and ThetaExit while we correct that side
//	count      blocks in a row that are out; a trade needs SustainBlocks
//	e          the smaller of the two distances
//	size       k × e + ki × I, shrunk by every limit, floored to the lot
//	I          Leak × I + e, while out
//
// Both TWAP and spot have to be out because a TWAP alone does not ignore a
// spike: one of D bps keeps a mean of W blocks beyond ThetaEnter for W blocks
// whenever D > W × ThetaEnter. Above the target the token is sold, below it is
// bought.
//
// # What to call first
//
// [Target] or [Conservative] gives a [Config], [New] an [Engine]; what a
// configuration cannot reach is said by [Config.Warnings]. A simulation calls
// [Engine.Step] with an [Observation] for each block and carries [State] along.
// A bot gives the engine and a [World] to an evenkeel.Runner.
//
// # Intents
//
// A decision to trade leaves an [Intent] in the state until a [Receipt] says
// what became of it; there is one at a time. So a lost or failed transaction is
// the engine's next decision, and nothing that happens to one keeps a halt or a
// pause from getting through. A reorg that removes the receipt's block makes the
// intent unresolved again, under the same ID, and never shortens the cooldown.
//
// # Words
//
//   - target: what the price should be; market: what the token trades at
//     elsewhere; pool: what it trades at in the pool we watch
//   - band: how far from the target we do nothing
//   - engaged: having traded, correcting down to the inner band
//   - leg: a swap through one pool; anchor: the asset that private pools share
//   - bps: 1/10000; gwei: 10^-9 of a coin, the unit of gas prices
package stabilizer
