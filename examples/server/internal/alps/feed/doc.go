// Package feed tells a liquidity engine how banks stand, from a file that other
// programs write.
//
// A .csv file begins with a line that names its columns; a .json file is an array
// of objects with the same names. Only the first three are required, and an empty
// value is as good as none:
//
//	bank           its name, once per file
//	liquid         liquid assets, in the engine's currency
//	obligations    what they have to cover
//	at             when it was so, RFC 3339; without it, when the file was written
//	currency       refused unless it is the engine's
//	sri            sovereign risk, 0 to 100
//	fx_volatility  of the bank's currency
//	cbdc_room      how much the flow limits of its CBDC let in
//	congestion     queued to settled payments
//	collateral     market value of what it pledged
//
// Amounts are plain numbers below 1e18 with at most 18 decimals. A line with a
// mistake hides its bank, which then counts as not seen, and no other; so does a
// bank that is told twice. A file that may be half written is not read at all: put
// a new one in its place by renaming it.
package feed
