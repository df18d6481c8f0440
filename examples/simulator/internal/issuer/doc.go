// Package issuer replays the supply of a stablecoin as the life of a bank: its
// issuer pays real redemptions out of liquid assets, sells securities as fast as
// it can, and borrows the difference from a liquidity pool.
//
// The bank is one of liquidity/memory and the pool is run by the SDK's liquidity
// engine, live, in evenkeel.Runner, over the same World that a server has. Beside
// it stand the same issuer without a pool and under the rule of the ALPS document.
//
//	tape.Supply ──► redemptions ──► books ──► ratio ──► engine ──► loans
//	           └──► obligations ──────┘         ▲                    │
//	                                            └────────────────────┘
//
// After every hour the issuer's books, the provider's and the engine's are
// compared to the last cent. What is real and what is assumed is said by
// [Setup.Assumptions], in every output.
package issuer
