package pmm

import "encoding/json"

// uint256.Int writes itself as a decimal string, but only where it is
// addressable; elsewhere encoding/json would write an array of words. So every
// struct here marshals through a pointer to a copy.

// MarshalJSON writes amounts as decimal strings.
func (c Curve) MarshalJSON() ([]byte, error) {
	type plain Curve
	return json.Marshal((*plain)(&c))
}

// MarshalJSON writes amounts as decimal strings.
func (p Pool) MarshalJSON() ([]byte, error) {
	type plain Pool
	return json.Marshal((*plain)(&p))
}

// MarshalJSON writes amounts as decimal strings.
func (p Params) MarshalJSON() ([]byte, error) {
	type plain Params
	return json.Marshal((*plain)(&p))
}

// MarshalJSON writes amounts as decimal strings.
func (q Quote) MarshalJSON() ([]byte, error) {
	type plain Quote
	return json.Marshal((*plain)(&q))
}

// MarshalJSON writes accumulators as decimal strings.
func (t TWAP) MarshalJSON() ([]byte, error) {
	type plain TWAP
	return json.Marshal((*plain)(&t))
}

// MarshalJSON writes amounts as decimal strings.
func (r Reset) MarshalJSON() ([]byte, error) {
	type plain Reset
	return json.Marshal((*plain)(&r))
}

// MarshalJSON writes amounts as decimal strings.
func (f Flash) MarshalJSON() ([]byte, error) {
	type plain Flash
	return json.Marshal((*plain)(&f))
}
