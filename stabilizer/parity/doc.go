// Package parity keeps one token at one price on two chains.
//
// # The problem
//
// A token that is bought on one chain and sold on the other drifts apart, and
// the bridge between them takes minutes. Whoever buys here, bridges and sells
// there is too late by a bridge's latency and carries the price risk of it. So
// we hold inventory of both tokens on both chains, trade on both at once, and
// let the bridge put the inventory back afterwards: capital of bucket D, the
// cross-chain buffer (Vault plan §13). How much that takes is (§9)
//
//	BridgeReserve >= PeakBridgeOutflow × Latency
//
// and in practice reserve.BridgeBuffer: a tenth more, and one block.
//
// # The formula
//
//	spread  10^4 × (P1 - P2) / ((P1 + P2) / 2), bps
//	out     beyond EnterBps; a trade needs SustainBlocks blocks of each chain in
//	        a row that are out, on one side
//	size    (|spread| - ExitBps) / (1/d1 + 1/d2), d the units that move a chain's
//	        pool by one bps; shrunk by inventory, lane, slippage and cap
//	profit  size × (|spread| - size × (1/d1 + 1/d2) / 2 - fees - rebalancing) - gas
//
// Sold is where the token is dear, bought where it is cheap. Nothing is decided
// while the two blocks are too far apart in time, or the chains' oracles speak
// of different rounds.
//
// # Money on its way
//
// A [Transfer] is written down before it is sent, and forgotten only when its
// money is back in the books:
//
//	INITIATED ──► SENT ──► SOURCE_FINAL ──► DEST_SEEN ──► SETTLED
//	    │          │             └──────────────────────► REFUNDED
//	    └──────────┴──► FAILED   it never left
//
// One that is overdue is STUCK as well, which raises an alert and changes
// nothing else: no time-out ever gives up money. A reorg may take any transfer
// back along these arrows. How many blocks make final depends on the amount.
//
// At every step [Books] holds
//
//	available + in flight == deposited + earned
//
// per token, and the balances on either chain are held against it: less than
// the books say holds all trading, more is only reported, lest anyone could stop
// us with a gift.
//
// # When one chain halts
//
// No trade and no transfer is begun, what is on its way is still followed, and
// [Decision.Apart] says that each peg is now its own stabilizer's to hold.
//
// # What to call first
//
// [Target] gives a [Config] and [New] an [Engine]. A simulation calls
// [Engine.Step]; a bot gives the engine and a [World] to an evenkeel.Runner.
//
// # Words
//
//   - leg: the trade on one chain; both legs have one size
//   - arb: two legs, one order to sell and one to buy
//   - partial: an arb of which one leg is filled and the other failed
//   - buffer: what should lie ready on a chain
//   - lane: one direction of the bridge for one token
package parity
