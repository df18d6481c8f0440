// Package cost says what it costs to get out of a position: now, over days, alone
// or together with other positions, in this market or in a worse one.
//
// Three models answer the same question, [Model]:
//
//   - [BookWalk] sweeps the levels of an order book. It is exact, and ends where the
//     book ends.
//   - [SqrtImpact] needs a spread, a volatility and a day's volume:
//     cost = half spread + Y sigma sqrt(size / daily volume).
//   - [AlmgrenChriss] takes its time. Of all schedules over some days it finds the
//     one with the least E + lambda V, where fast trading costs E and waiting risks V.
//
// Call Cost for one size, [Curve] for many, [Largest] for the size that a cost
// allows, and Stressed for a model of a worse market. [DaysToLiquidate] asks for
// time instead of cost, and [Portfolio] exits several positions at once, whose
// prices move together.
//
// # Glossary
//
//   - exit: the schedule that turns a position into nothing
//   - impact: what trading does to the price, permanent or while it lasts
//   - lambda: risk aversion, the cost that a unit of variance is worth
//   - mid: the middle of best bid and best ask, against which all cost is counted
//   - sigma: volatility, the standard deviation of a price over a day
//
// Amounts and sizes are decimals, and the trades of an exit add up to the position
// to the last unit. What is estimated, a volatility or an impact, is a float64 as
// it comes from package measure; such a cost is an estimate and is rounded up.
// All of it is pure, and safe for concurrent use.
package cost
