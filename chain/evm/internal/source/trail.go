package source

import "slices"

// memory is how many blocks a trail keeps: far more than any reorg that is not the
// end of trading.
const memory = 256

// trail is the chain as we were told of it: consecutive blocks, each the parent of
// the next.
type trail struct{ blocks []Block }

// at returns the block of that number.
func (t *trail) at(number uint64) (Block, bool) {
	if len(t.blocks) == 0 || number < t.blocks[0].Number || number > t.top() {
		return Block{}, false
	}
	return t.blocks[number-t.blocks[0].Number], true
}

func (t *trail) top() uint64 { return t.blocks[len(t.blocks)-1].Number }

// knows reports whether a block lies on the trail.
func (t *trail) knows(b Block) bool {
	known, found := t.at(b.Number)
	return found && known.Hash == b.Hash
}

// reaches reports whether a walk down from number may still meet the trail.
func (t *trail) reaches(number uint64) bool {
	return len(t.blocks) > 0 && number >= t.blocks[0].Number && number <= t.top()+memory
}

// follow makes newer, which are consecutive and begin with the newest, the trail's
// end, and returns how many blocks they replace. A head that is merely lower replaces
// none, for the blocks above it may still stand.
func (t *trail) follow(newer []Block) (orphaned uint64) {
	last := newer[len(newer)-1]
	switch {
	case t.knows(last) && len(newer) == 1:
		return 0
	case t.knows(last):
		orphaned = t.top() - last.Number
		t.blocks = t.blocks[:last.Number-t.blocks[0].Number]
	default:
		if len(t.blocks) > 0 && newer[0].Number >= t.blocks[0].Number && last.Number <= t.blocks[0].Number {
			orphaned = uint64(len(t.blocks))
		}
		t.blocks = nil
	}
	slices.Reverse(newer)
	t.blocks = append(t.blocks, newer...)
	if extra := len(t.blocks) - memory; extra > 0 {
		t.blocks = slices.Clone(t.blocks[extra:])
	}
	return orphaned
}
