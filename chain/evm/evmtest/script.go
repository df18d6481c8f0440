package evmtest

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
)

const (
	gasUsed = 100_000       // by every transaction, whatever it does
	tipWei  = 1_000_000_000 // what nodes suggest
)

// Script is a chain in memory behind JSON-RPC: contracts are those of a
// [memchain.Chain], signed transactions wait in one mempool by go-ethereum's rules,
// and blocks come when the test says so. It is seen through [View]s, which are nodes
// that misbehave as told.
//
// Its methods are safe for concurrent use with its views'.
type Script struct {
	tb     testing.TB
	chain  *memchain.Chain
	signer types.Signer

	mu      sync.Mutex
	baseFee uint256.Int // of the next block, wei
	blocks  []*scripted // canonical, by number
	known   map[chain.Hash]*scripted
	pool    map[chain.Address]map[uint64]*types.Transaction
	offers  int
	readers map[chain.Address]*memchain.Client
}

// scripted is a block, and the transactions that it includes.
type scripted struct {
	chain.Block
	included []*inclusion
}

// inclusion is a transaction in a block.
type inclusion struct {
	*types.Transaction
	from   chain.Address
	failed bool
}

// NewScript returns a script that goes on from a chain's head. Nobody else may mine
// that chain, or take blocks of it back.
func NewScript(tb testing.TB, c *memchain.Chain) *Script {
	tb.Helper()
	s := &Script{
		tb: tb, chain: c, signer: types.LatestSignerForChainID(uint256.NewInt(c.ID()).ToBig()),
		known:   map[chain.Hash]*scripted{},
		pool:    map[chain.Address]map[uint64]*types.Transaction{},
		readers: map[chain.Address]*memchain.Client{},
	}
	reader := s.reader(chain.Address{})
	for n := range c.Head().Number + 1 {
		b, err := reader.Block(tb.Context(), n)
		if err != nil {
			tb.Fatalf("script a chain that has forgotten its beginning: %v", err)
		}
		s.push(&scripted{Block: b})
	}
	s.baseFee = s.head().GasPrice
	return s
}

func (s *Script) push(b *scripted) {
	s.blocks = append(s.blocks, b)
	s.known[b.Hash] = b
}

// reader evaluates calls of one account.
func (s *Script) reader(from chain.Address) *memchain.Client {
	if s.readers[from] == nil {
		s.readers[from] = s.chain.Client(from)
	}
	return s.readers[from]
}

// Head returns the newest block, whatever views say.
func (s *Script) Head() chain.Block {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head().Block
}

func (s *Script) head() *scripted { return s.blocks[len(s.blocks)-1] }

// SetBaseFee sets what the blocks to come burn per unit of gas, in wei.
func (s *Script) SetBaseFee(wei uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseFee.SetUint64(wei)
	s.chain.SetGasPrice(s.baseFee)
}

// Mine adds a block with the trades given, by those who need no signature, and then
// every waiting transaction that is next in its account's turn and pays the base fee.
func (s *Script) Mine(at time.Time, trades ...memchain.Tx) chain.Block {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &scripted{}
	txs := slices.Clone(trades)
	for _, tx := range s.payable() {
		b.included = append(b.included, tx)
		txs = append(txs, memchain.Tx{From: tx.from, Do: tx.execute})
	}
	mined, err := s.chain.Mine(at, txs...)
	if err != nil {
		s.tb.Fatal(err)
	}
	b.Block = mined.Block
	for i, tx := range b.included {
		tx.failed = mined.Reverts != nil && mined.Reverts[len(trades)+i] != nil
	}
	s.push(b)
	for from, txs := range s.pool {
		used := s.nonce(from, b.Number)
		maps.DeleteFunc(txs, func(nonce uint64, _ *types.Transaction) bool { return nonce < used })
	}
	return b.Block
}

// execute runs a transaction as contracts see it.
func (i *inclusion) execute(env memchain.Env) error {
	if len(i.Data()) == 0 {
		return nil // a transfer
	}
	_, err := env.Call(chain.Call{To: chain.Address(*i.To()), Data: i.Data()})
	return err
}

// payable returns the transactions that the next block includes, account by account.
func (s *Script) payable() []*inclusion {
	var next []*inclusion
	for _, from := range slices.SortedFunc(maps.Keys(s.pool), func(a, b chain.Address) int { return slices.Compare(a[:], b[:]) }) {
		for nonce := s.nonce(from, s.head().Number); ; nonce++ {
			tx := s.pool[from][nonce]
			if tx == nil || tx.GasFeeCap().Cmp(s.baseFee.ToBig()) < 0 {
				break
			}
			next = append(next, &inclusion{Transaction: tx, from: from})
		}
	}
	return next
}

// nonce is how many transactions of an account there are up to a block.
func (s *Script) nonce(from chain.Address, number uint64) uint64 {
	var count uint64
	for _, b := range s.blocks[:number+1] {
		for _, tx := range b.included {
			if tx.from == from {
				count++
			}
		}
	}
	return count
}

// Reorg takes the newest blocks back. Signed transactions in them wait again; trades
// are gone.
func (s *Script) Reorg(depth int) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.chain.Reorg(depth); err != nil {
		s.tb.Fatal(err)
	}
	cut := len(s.blocks) - depth
	for _, b := range s.blocks[cut:] {
		for _, tx := range b.included {
			s.wait(tx.from, tx.Transaction)
		}
	}
	s.blocks = s.blocks[:cut]
}

func (s *Script) wait(from chain.Address, tx *types.Transaction) {
	if s.pool[from] == nil {
		s.pool[from] = map[uint64]*types.Transaction{}
	}
	s.pool[from][tx.Nonce()] = tx
}

// Drop makes every node forget all transactions that wait.
func (s *Script) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.pool)
}

// Waiting is how many transactions are in the mempool.
func (s *Script) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, txs := range s.pool {
		count += len(txs)
	}
	return count
}

// Offers is how often a node was given a transaction, new or not.
func (s *Script) Offers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offers
}

// Fill is a transaction that a canonical block executed.
type Fill struct {
	Block uint64
	Nonce uint64
	Tx    chain.Hash
	Data  []byte
}

// Fills returns what the canonical chain executed for an account with effect, in order.
func (s *Script) Fills(from chain.Address) []Fill {
	s.mu.Lock()
	defer s.mu.Unlock()
	var fills []Fill
	for _, b := range s.blocks {
		for _, tx := range b.included {
			if tx.from == from && !tx.failed && len(tx.Data()) > 0 {
				fills = append(fills, Fill{Block: b.Number, Nonce: tx.Nonce(), Tx: chain.Hash(tx.Hash()), Data: tx.Data()})
			}
		}
	}
	return fills
}

// What go-ethereum's pool says; clients read these words.
var (
	errKnown       = errors.New("already known")
	errNonceTooLow = errors.New("nonce too low")
	errUnderpriced = errors.New("replacement transaction underpriced")
)

// submit puts a signed transaction into the mempool. An account's nonce counts as of
// block number, for that is what the node which takes it knows.
func (s *Script) submit(raw []byte, number uint64, forget bool) (chain.Hash, error) {
	s.offers++
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(raw); err != nil {
		return chain.Hash{}, err
	}
	sender, err := types.Sender(s.signer, tx)
	if err != nil {
		return chain.Hash{}, err
	}
	from, hash := chain.Address(sender), chain.Hash(tx.Hash())
	if tx.Nonce() < s.nonce(from, number) {
		return chain.Hash{}, errNonceTooLow
	}
	switch old := s.pool[from][tx.Nonce()]; {
	case old == nil:
	case old.Hash() == tx.Hash():
		return chain.Hash{}, errKnown
	case !dearer(old, tx):
		return chain.Hash{}, errUnderpriced
	}
	if forget {
		return hash, nil
	}
	s.wait(from, tx)
	return hash, nil
}

// dearer reports whether both caps are a tenth above the old ones, as PriceBump wants.
func dearer(old, tx *types.Transaction) bool {
	enough := func(before, after *uint256.Int) bool {
		least := chain.MinReplacement(*before)
		return !after.Lt(&least)
	}
	return enough(uint256.MustFromBig(old.GasFeeCap()), uint256.MustFromBig(tx.GasFeeCap())) &&
		enough(uint256.MustFromBig(old.GasTipCap()), uint256.MustFromBig(tx.GasTipCap()))
}
