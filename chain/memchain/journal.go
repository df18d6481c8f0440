package memchain

import "github.com/evenkeelhq/evenkeel/chain"

// Cell is one value of a contract's state. The chain remembers what each
// transaction overwrote in it, so that a reverted transaction, an orphaned block
// or a look at the past costs what was written and never a copy of the whole
// state. Contracts keep everything that changes in Cells.
type Cell[T any] struct {
	value T
	stamp uint64 // the journal's when this was last written
}

// Load returns the value.
func (c *Cell[T]) Load() T { return c.value }

// Store replaces the value, for as long as the running transaction stands.
func (c *Cell[T]) Store(env Env, v T) {
	j := &env.chain.journal
	if c.stamp != j.stamp { // later writes of the same transaction overwrite nothing that could come back
		j.log = append(j.log, &change[T]{c, c.value})
		c.stamp = j.stamp
	}
	c.value = v
}

// change holds the value that its cell does not have at the moment: the old one
// while the change stands, the new one while it is taken back.
type change[T any] struct {
	cell  *Cell[T]
	other T
}

func (c *change[T]) swap() { c.cell.value, c.other = c.other, c.cell.value }

type swapper interface{ swap() }

// undo takes changes back, newest first.
func undo(log []swapper) {
	for i := len(log) - 1; i >= 0; i-- {
		log[i].swap()
	}
}

// redo puts changes that undo took back in force again.
func redo(log []swapper) {
	for _, c := range log {
		c.swap()
	}
}

// journal collects the changes of the block at work.
type journal struct {
	log   []swapper
	stamp uint64 // of the transaction at work, or of a part of it; never used twice
}

// try runs one transaction, or a part of one: all of its writes stand, or none.
func (j *journal) try(env Env, do func(Env) error) error {
	mark := j.begin()
	err := do(env)
	if err != nil {
		j.rollback(mark)
	}
	return err
}

// peek runs a call of which no write stands.
func (j *journal) peek(env Env, call chain.Call) ([]byte, error) {
	mark := j.begin()
	defer j.rollback(mark)
	return env.Call(call)
}

func (j *journal) begin() (mark int) {
	j.stamp++
	return len(j.log)
}

func (j *journal) rollback(mark int) {
	undo(j.log[mark:])
	clear(j.log[mark:])
	j.log = j.log[:mark]
	j.stamp++ // what was taken back must be remembered anew when it is written again
}
