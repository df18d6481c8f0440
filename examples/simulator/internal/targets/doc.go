// Package targets measures the performance targets of the Vault plan, §16, on
// the real engines: a peg within 10 bps under one-way flow, a rebalance in fewer
// than 5 blocks, recovery from a flash drain in fewer than 3, and two chains
// within 15 bps of each other.
//
// The market is the plan's own (§11): depth 1,000,000, a linear price, 50,000
// tokens an hour sold one way, once and five times. There are no fees in the
// pool and no outside arbitrageurs, so nothing but the engine pulls the price
// back; every order executes in the block after its decision.
//
// For the spread there are two of these markets, and a bridge that delivers in 5
// to 10 minutes, in any order, where transfers get stuck for hours and may come
// back, and a chain halts now and then. All of the flow has to cross.
package targets
