package mesh

import "github.com/holiman/uint256"

// cross returns what of pay a bridge delivers, in the target's smallest unit,
// and what it keeps, in the source's: its fee, rounded up, and what the target
// has no decimals for.
func (m *Mesh) cross(lanes []Lane, i int, pay uint256.Int) (delivered, kept uint256.Int, err error) {
	lane := &lanes[i]
	used := sum(lane.Sent, pay)
	switch {
	case lane.Halted:
		return delivered, kept, ErrHalted
	case !isAmount(&pay):
		return delivered, kept, ErrTooLarge
	case !lane.Capacity.IsZero() && lane.Capacity.Lt(&used):
		return delivered, kept, ErrCapacity
	}
	net := part(pay, 10_000-uint64(m.network.Bridges[i].FeeBps), 10_000)
	kept = diff(pay, net)
	delivered = net
	source, target := int(m.decimals(m.source[i])), int(m.decimals(m.target[i]))
	switch {
	case target > source:
		scale := pow10(target - source)
		delivered.Mul(&net, &scale)
	case target < source:
		var dust uint256.Int
		scale := pow10(source - target)
		delivered.DivMod(&net, &scale, &dust)
		kept = sum(kept, dust)
	default: // the same unit on both sides
	}
	return delivered, kept, nil
}

// room is what a lane still takes in this window.
func (l *Lane) room() uint256.Int {
	switch {
	case l.Halted || !l.Capacity.IsZero() && l.Capacity.Lt(&l.Sent):
		return uint256.Int{}
	case l.Capacity.IsZero():
		return maxAmount
	default:
		return diff(l.Capacity, l.Sent)
	}
}
