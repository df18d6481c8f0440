package mesh

import "encoding/json"

// uint256.Int writes itself as a decimal string, but only where it is
// addressable. So these marshal through a pointer to a copy.

// MarshalJSON writes amounts as decimal strings.
func (l Lane) MarshalJSON() ([]byte, error) {
	type plain Lane
	return json.Marshal((*plain)(&l))
}

// MarshalJSON writes amounts as decimal strings.
func (o Order) MarshalJSON() ([]byte, error) {
	type plain Order
	return json.Marshal((*plain)(&o))
}

// MarshalJSON writes amounts as decimal strings.
func (p Plan) MarshalJSON() ([]byte, error) {
	type plain Plan
	return json.Marshal((*plain)(&p))
}

// MarshalJSON writes amounts as decimal strings.
func (l Leg) MarshalJSON() ([]byte, error) {
	type plain Leg
	return json.Marshal((*plain)(&l))
}

// MarshalJSON writes amounts as decimal strings.
func (t Transfer) MarshalJSON() ([]byte, error) {
	type plain Transfer
	return json.Marshal((*plain)(&t))
}
