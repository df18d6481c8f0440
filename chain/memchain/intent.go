package memchain

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// account is what an adapter with a durable outbox remembers of one signer.
type account struct {
	address chain.Address
	intents map[string]*intent
}

// intent is what a client sent under one id. Its versions share a nonce, which
// here means that the intent is included once.
type intent struct {
	account  chain.Address
	order    uint64 // of the first Send, among all clients
	payload  [32]byte
	tx       chain.Tx
	versions []version // never empty; each dearer than the one before it
	receipt  chain.Receipt
}

// version is one signed form of an intent.
type version struct {
	hash     chain.Hash
	gasPrice uint256.Int
	from     uint64 // the first block that may include it
	cancels  bool
	lost     bool // forgotten by the node
	reverts  bool
}

func (in *intent) newest() *version { return &in.versions[len(in.versions)-1] }

func (in *intent) cancelling() bool { return len(in.versions) > 0 && in.newest().cancels }

// candidate returns the version that a block would include: the newest one that
// has reached it and can pay, or nil. Behind a lagging node something can be sent
// that is past its deadline already.
func (in *intent) candidate(b *chain.Block) *version {
	if in.tx.Deadline < b.Number {
		return nil
	}
	for i := len(in.versions) - 1; i >= 0; i-- {
		if v := &in.versions[i]; !v.lost && v.from <= b.Number && !v.gasPrice.Lt(&b.GasPrice) {
			return v
		}
	}
	return nil
}

// add appends a version.
func (in *intent) add(v version) {
	e := append([]byte("version"), in.payload[:]...)
	e = appendWord(e, v.gasPrice)
	if v.cancels {
		e = append(e, 1)
	}
	v.hash = sha256.Sum256(e)
	in.versions = append(in.versions, v)
	in.receipt = chain.Receipt{Tx: v.hash, Status: chain.Pending}
}

// reopen is what an orphaned block does to what it settled.
func (in *intent) reopen() {
	in.receipt = chain.Receipt{Tx: in.newest().hash, Status: chain.Pending}
}

// forget frees what only a pending intent needs.
func (in *intent) forget() {
	in.tx.Data = nil
	in.versions = []version{*in.newest()}
}

// include offers all that waits to the block at work.
func (c *Chain) include(b *block) {
	waiting := c.open[:0]
	for _, in := range c.open {
		v := in.candidate(&b.Block)
		if v == nil {
			waiting = append(waiting, in)
			continue
		}
		in.receipt = c.settle(in, v)
		b.included = append(b.included, in)
	}
	clear(c.open[len(waiting):])
	c.open = waiting
}

// settle carries a version out.
func (c *Chain) settle(in *intent, v *version) chain.Receipt {
	r := chain.Receipt{Tx: v.hash, Status: chain.Mined, Block: c.working.Number}
	gas, do := c.gasPerTx, func(env Env) (err error) {
		r.Output, err = env.Call(in.tx.Call)
		return err
	}
	switch {
	case v.cancels:
		r.Status, gas, do = chain.Cancelled, cancelGas, func(Env) error { return nil }
	case v.reverts:
		do = func(Env) error { return errScripted }
	}
	var err error
	if r.GasCost, err = c.execute(in.account, gas, do); err != nil {
		r.Status, r.Output = chain.Reverted, nil
	}
	return r
}

// expire closes what the block at work was the last chance for.
func (c *Chain) expire() {
	waiting := c.open[:0]
	for _, in := range c.open {
		if in.tx.Deadline > c.working.Number {
			waiting = append(waiting, in)
			continue
		}
		in.receipt.Status = chain.Expired
		in.forget()
	}
	clear(c.open[len(waiting):])
	c.open = waiting
}

// digest identifies what an id stands for: all of tx but its price.
func (c *Chain) digest(from chain.Address, id string, tx chain.Tx) [32]byte {
	e := binary.BigEndian.AppendUint64([]byte("transaction"), c.id)
	e = append(e, from[:]...)
	e = binary.BigEndian.AppendUint64(e, uint64(len(id)))
	e = append(e, id...)
	e = append(e, tx.To[:]...)
	e = appendWord(e, tx.Value)
	e = binary.BigEndian.AppendUint64(e, tx.Deadline)
	if tx.Public {
		e = append(e, 1)
	} else {
		e = append(e, 0)
	}
	return sha256.Sum256(append(e, tx.Data...))
}
