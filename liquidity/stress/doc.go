// Package stress forecasts whether a bank's liquidity ratio will fall below its
// floor, and says whether such forecasts have earned the right to move money.
//
// With d = ln(ratio/floor) and s the recent volatility of ln ratio per step, a
// diffusion without drift falls below the floor within H steps with probability
//
//	P = 2 Phi(-d / (s sqrt H))
//
// which ranks banks well and is badly wrong as a probability: stress builds up,
// ratios jump. So a [Model] turns what it sees into a score, by one of three
// methods, and a [Calibration] fitted on later data turns the score into P. The
// default is a logistic regression on d, s, SRI, FX volatility and CBDC flow.
//
// Call [NewSample] with the histories of all banks, [Fit] with the earlier part
// of it, [Grant] with the later one, and [Model.Predict] with each new history. A
// forecast may trigger an injection only if [License.Allows] it: if even the
// lower end of the model's skill, on data it had not seen, is above zero. [Brier],
// [AUC], [Reliability] and [Warn] say how good forecasts were, and [Sample.Try]
// does the same for a baseline.
//
// # Glossary
//
//   - floor: the ratio below which a bank is in breach
//   - step: the interval between two observations; a horizon is so many of them
//   - example: one observation with the horizon after it
//   - trial: a forecast and what came of it
//   - onset: the first breach after a quiet time
//   - skill: what is saved of the base rate's squared error
//
// Ratios come in as decimals and become floats in [Observed] alone: nothing here
// is an amount. All of it is pure; equal input gives equal bytes, whatever the
// number of cores. Fitted numbers are kept to nine digits, which hides the last
// bits in which processors differ.
package stress
