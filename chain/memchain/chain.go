package memchain

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Options are the chain's properties that rarely matter; zero is usable.
type Options struct {
	GasPrice uint256.Int // wei; 0 means 1 gwei
	GasPerTx uint64      // gas used by every transaction but a cancellation; 0 means 200,000
	History  int         // blocks that can be read, and all but one of them taken back; <= 0 means 256
}

const (
	defaultGasPrice = 1_000_000_000
	defaultGasPerTx = 200_000
	defaultHistory  = 256
	cancelGas       = 21_000 // an empty transaction
)

// Chain is a chain in memory, from the side of whoever runs the world. Its
// methods are safe for concurrent use with each other and with its Clients; the
// contracts' Go methods are not, see the package comment.
type Chain struct {
	id       uint64
	gasPerTx uint64

	mu        sync.Mutex
	gasPrice  uint256.Int
	contracts map[chain.Address]Contract
	gasSpent  map[chain.Address]*Cell[uint256.Int]
	accounts  map[chain.Address]*account
	open      []*intent // neither settled nor expired, in the order of first Send
	sends     uint64

	ring     []block // block n lies at n % len(ring)
	head     uint64
	oldest   uint64
	orphans  []chain.Hash // the newest of the blocks taken back, at most len(ring)
	branch   uint64       // reorgs so far; part of each hash, so that no block is mined twice
	journal  journal
	working  chain.Block
	encoding []byte // scratch for hashes
}

// Tx is a transaction of someone who is not a [Client]: a trader, an
// arbitrageur, a thief. Do runs while the block is mined, with From as caller;
// its error reverts all that it wrote. It may run again after a reorg, and must
// not call methods of the Chain or of a Client.
type Tx struct {
	From chain.Address
	Do   func(Env) error

	pending bool
}

// Pending stands for all transactions of Clients that are waiting, in the order
// of their first Send. [Chain.Mine] puts it last if it is not among its arguments.
var Pending = Tx{pending: true}

// Mined is what a block brought.
type Mined struct {
	chain.Block
	Reverts []error // why each of the host's transactions reverted, in their order; nil if none did
}

// New returns a chain whose block 0 has that time. The id is its EIP-155 number.
func New(id uint64, genesis time.Time, o Options) *Chain {
	if o.GasPrice.IsZero() {
		o.GasPrice.SetUint64(defaultGasPrice)
	}
	if o.GasPerTx == 0 {
		o.GasPerTx = defaultGasPerTx
	}
	if o.History <= 0 {
		o.History = defaultHistory
	}
	c := &Chain{
		id: id, gasPerTx: o.GasPerTx, gasPrice: o.GasPrice,
		contracts: make(map[chain.Address]Contract),
		gasSpent:  make(map[chain.Address]*Cell[uint256.Int]),
		accounts:  make(map[chain.Address]*account),
		ring:      make([]block, o.History),
	}
	first := &c.ring[0]
	first.Block = chain.Block{Time: utc(genesis), GasPrice: o.GasPrice}
	first.Hash = c.hash(first)
	return c
}

func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// ID is the chain's EIP-155 number.
func (c *Chain) ID() uint64 { return c.id }

// Head returns the newest block, whatever Clients are told.
func (c *Chain) Head() chain.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(c.head).Block
}

// Deploy gives a contract an address. It is there in every block, as if it had
// been from the start.
func (c *Chain) Deploy(contract Contract) chain.Address {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := binary.BigEndian.AppendUint64([]byte("contract"), c.id)
	b = binary.BigEndian.AppendUint64(b, uint64(len(c.contracts)))
	sum := sha256.Sum256(b)
	address := chain.Address(sum[:20])
	c.contracts[address] = contract
	return address
}

// SetGasPrice sets what gas costs from the next block on, in wei.
func (c *Chain) SetGasPrice(wei uint256.Int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gasPrice = wei
}

// GasSpent returns what an account paid for gas so far, in wei. Gas is counted
// here, not taken from a balance.
func (c *Chain) GasSpent(by chain.Address) uint256.Int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if spent := c.gasSpent[by]; spent != nil {
		return spent.Load()
	}
	return uint256.Int{}
}

// Mine adds a block with the transactions given, in that order, and those that
// Clients have sent (see [Pending]). It refuses a time before its parent's.
func (c *Chain) Mine(at time.Time, txs ...Tx) (Mined, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parent := c.at(c.head)
	if at = utc(at); at.Before(parent.Time) {
		return Mined{}, fmt.Errorf("%w: block time %s: must not be before its parent's, %s", chain.ErrInvalid, at, parent.Time)
	}
	b := c.begin(chain.Block{Number: c.head + 1, Parent: parent.Hash, Time: at, GasPrice: c.gasPrice})
	var reverts []error
	waiting := true
	for i, tx := range txs {
		if tx.pending {
			c.include(b)
			waiting = false
			continue
		}
		b.hosted = append(b.hosted, tx)
		if _, err := c.execute(tx.From, c.gasPerTx, tx.Do); err != nil {
			if reverts == nil {
				reverts = make([]error, len(txs))
			}
			reverts[i] = err
		}
	}
	if waiting {
		c.include(b)
	}
	c.expire()
	b.changes, c.journal.log = c.journal.log, nil
	b.Hash = c.hash(b)
	for _, in := range b.included {
		in.receipt.Hash = b.Hash
	}
	c.head++
	return Mined{b.Block, reverts}, nil
}

// execute runs a transaction and charges its gas, which a revert costs as well.
func (c *Chain) execute(from chain.Address, gas uint64, do func(Env) error) (uint256.Int, error) {
	env := Env{from, c}
	err := c.journal.try(env, do)

	cost := *uint256.NewInt(gas)
	cost.Mul(&cost, &c.working.GasPrice)
	spent := c.gasSpent[from]
	if spent == nil {
		spent = new(Cell[uint256.Int])
		c.gasSpent[from] = spent
	}
	total := spent.Load()
	total.Add(&total, &cost)
	spent.Store(env, total)
	return cost, err
}

// PublicPool returns what anyone can see waiting in the public mempool, in the
// order of first Send, and could trade ahead of.
func (c *Chain) PublicPool() []chain.Tx {
	c.mu.Lock()
	defer c.mu.Unlock()
	var seen []chain.Tx
	for _, in := range c.open {
		if v := in.newest(); in.tx.Public && !v.lost && !v.cancels {
			tx := in.tx
			tx.Data, tx.MaxGasPrice = bytes.Clone(tx.Data), v.gasPrice
			seen = append(seen, tx)
		}
	}
	return seen
}

// Reorg takes the newest blocks back. The state is what it was below them, the
// Clients' transactions in them wait again to be included, and the host's own
// are returned in the order in which they ran, to be mined again, in another
// order or never. It refuses a depth beyond the blocks it remembers.
func (c *Chain) Reorg(depth int) ([]Tx, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if depth < 0 || uint64(depth) > c.head-c.oldest {
		return nil, fmt.Errorf("%w: reorg of depth %d: must be 0 to %d", chain.ErrInvalid, depth, c.head-c.oldest)
	}
	var orphaned []Tx
	for n := c.head - uint64(depth) + 1; n <= c.head; n++ {
		orphaned = append(orphaned, c.at(n).hosted...)
	}
	for range depth {
		b := c.at(c.head)
		undo(b.changes)
		for _, in := range b.included {
			in.reopen()
			c.open = append(c.open, in)
		}
		if len(c.orphans) == len(c.ring) {
			c.orphans = c.orphans[1:]
		}
		c.orphans = append(c.orphans, b.Hash)
		b.clear()
		c.head--
	}
	slices.SortFunc(c.open, func(a, b *intent) int { return cmp.Compare(a.order, b.order) })
	c.branch++
	return orphaned, nil
}
