package bitfinex

// What the outside tests compare: the signature alone, the names of pairs and
// the numbers of client ids.
var (
	Sign   = sign
	Symbol = symbol
	CIDOf  = cidOf
)
