// Package outlook measures the stress predictors of the SDK: on a synthetic
// system of banks whose hidden state is known, so that the best possible
// forecast is known too, and on eight years of the US funding market.
//
// The synthetic system contains the signals that the predictors see, so its
// figures are an upper bound and no claim about real banks. The funding market
// is real, small, and hard.
package outlook
