// Package pegmanager reads what a peg manager contract asks for.
//
// The problem: contracts such as the BridgeReserveCoordinator of the Vault plan, §4 and
// §8, announce in an event, RebalancingTriggered, that a peg needs attention; and whoever
// follows events over RPC loses some, to a node that leaves them out, to a range that
// was never asked for, or to a reorg. A [Reader] loses none: it reads block after block
// from a [Position] that its caller keeps, every endpoint must have the same events,
// and a position that the chain has left is an error.
//
// Events are a reason to look, not to trade: what is traded, the stabilizer decides from
// prices.
//
// Call [New] and then [Reader.Read], again and again, with the Position of the time
// before.
package pegmanager
