// Package feed tells a liquidity engine how banks stand, from a file that other
// programs write, as package table reads it. Only the first three columns are
// required:
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
// A line with a mistake hides its bank, which then counts as not seen, and no other.
package feed
