// Package capital asks what a treasury's leverage, allocation and spread would
// have come to in many possible years, before any contract is written. It is
// evidence for people who decide, not authority to lever.
//
// # The model
//
// After the seed document "Capital Efficiency Risk Simulation", whose formulas for
// capital, volatility and the peg it keeps; what that document leaves open is
// chosen here and bounded in [Params]. A path lives epoch by epoch, with capital
// T = 1, mark S = 1 and peg P = 1 at the start, z0, z1, z2 standard normal and dt
// an epoch in years:
//
//  1. sigma += Kappa (SigmaBar - sigma) + Eta z0 + shock, not below 0
//  2. beyond SigmaCrit the [Throttle] shrinks allocation alpha and leverage L and
//     widens the spread
//  3. r = (1 + Drift dt + sigma sqrt(dt) (rho z0 + sqrt(1-rho²) z2)) (1 - crash) - 1
//  4. redemptions are paid; under the breaker, capped and queued, at leverage 1
//  5. X += X r + Refill (X0 - X) - RedeemUse paid, outside liquidity; below the
//     floor is a violation and clamps alpha
//  6. S += S r + Recovery (1 - S); with (L-1)/(L S) above HardLTV the position is
//     liquidated and the rest lies in cash, above MaxLTV it is reduced, at its
//     cost and the loss made by then
//  7. P += Beta imbalance - k (P - 1), with k = Arbitrage min(1, X/X0); beyond
//     its band the treasury intervenes
//  8. T += T (yield + market making + marked - volatility drag - intervention
//     drag - redemption drag - cost of step 6)
//  9. the drawdown is the largest fall from a peak
//
// Nothing is free: a mark recovers as the market does, a top-up is paid out of
// capital, a reduction crystallises its loss, and a liquidation is charged on the
// stated allocation however much the throttle had shrunk it.
//
// # Two profiles
//
// [Seed] is calibrated to the five rows that the seed document publishes.
// [Institutional] lets capital bear the position's return, pays for top-ups and
// draws yields and redemptions at random. Never mix them in a table.
//
// # The same bits everywhere
//
// A draw depends on (seed, path, number) only, products are rounded before they
// are added, tables are literals, and what is added up are integers. So one job
// gives one [Scorecard.Hash], on any number of workers, in shards merged in any
// order, with vectors (GOEXPERIMENT=simd on amd64) or without, on any processor.
//
// # What to call first
//
// [Profile.Params], [FindScenario] and [Scenario.Apply] give the parameters of a
// [Job], [Run] a [Partial], and that a [Scorecard]. [WriteShard], [ReadShard] and
// [Merge] spread a job over machines. [NewSearch], [Optimize] and [Search.Report]
// compare candidates under a [Policy]. All but Run, RunTogether and Optimize is
// pure; all functions are safe for concurrent use.
//
// # Words
//
//   - allocation, alpha: the share of capital put to work; leverage, L: position
//     per unit of it
//   - mark: the collateral's price, 1 at entry; LTV: debt over collateral
//   - floor: the least liquidity outside, as a share of capital
//   - path: one possible life; epoch: a step of it, a day by default
//   - stance: what the treasury chooses; candidate: a stance on trial
//   - gate: a rule of the policy; condition: what must be in place before the cap
//     on leverage rises; evidence: where that is written
package capital
