package pegmanager_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/pegmanager"
)

const event = "RebalancingTriggered(address,uint256)"

var contract = chain.Address{7}

// ledger is a chain whose blocks hold at most one event each.
type ledger struct {
	blocks []chain.Block
	marks  []string // the event's data; "" is none
	fork   int      // changes the hashes of blocks to come
	// during, if set, runs once, while logs are being read.
	during func()
	broken error
}

func (l *ledger) mine(marks ...string) {
	for _, mark := range marks {
		b := chain.Block{Number: uint64(len(l.blocks))}
		b.Hash = chain.Hash(crypto.Keccak256Hash(fmt.Append(nil, l.fork, b.Number)))
		if b.Number > 0 {
			b.Parent = l.blocks[b.Number-1].Hash
		}
		l.blocks, l.marks = append(l.blocks, b), append(l.marks, mark)
	}
}

func (l *ledger) reorg(depth int) {
	l.fork++
	l.blocks, l.marks = slices.Clip(l.blocks[:len(l.blocks)-depth]), slices.Clip(l.marks[:len(l.marks)-depth])
}

func (l *ledger) Head(context.Context) (chain.Block, error) {
	return l.blocks[len(l.blocks)-1], l.broken
}

func (l *ledger) Block(_ context.Context, number uint64) (chain.Block, error) {
	if number >= uint64(len(l.blocks)) {
		return chain.Block{}, chain.ErrNotFound
	}
	return l.blocks[number], nil
}

func (l *ledger) Logs(_ context.Context, of chain.Address, topic chain.Hash, from, to uint64) ([]evm.Log, error) {
	if of != contract || topic != chain.Hash(crypto.Keccak256Hash([]byte(event))) {
		return nil, errors.New("other events")
	}
	var logs []evm.Log
	for n := from; n <= to; n++ {
		if l.marks[n] != "" {
			logs = append(logs, evm.Log{Block: n, Hash: l.blocks[n].Hash, Data: []byte(l.marks[n])})
		}
	}
	if l.during != nil {
		l.during()
		l.during = nil
	}
	return logs, nil
}

func open(t *testing.T, l *ledger, change func(*pegmanager.Config)) *pegmanager.Reader {
	t.Helper()
	cfg := pegmanager.Config{Chain: l, Contract: contract, Event: event, From: 2, MaxBlocks: 3}
	change(&cfg)
	r, err := pegmanager.New(cfg)
	require.NoError(t, err)
	return r
}

func read(t *testing.T, r *pegmanager.Reader, after pegmanager.Position) (string, pegmanager.Position) {
	t.Helper()
	events, next, err := r.Read(t.Context(), after)
	require.NoError(t, err)
	all := ""
	for _, e := range events {
		all += string(e.Data)
	}
	return all, next
}

func TestEachEventIsReadOnce(t *testing.T) {
	l := &ledger{}
	l.mine("a", "b", "c", "d", "", "e", "f", "g")
	r := open(t, l, func(*pegmanager.Config) {})
	got, at := read(t, r, pegmanager.Position{})
	require.Equal(t, "cd", got, "from the first block of interest, and no more blocks than allowed")
	require.Equal(t, pegmanager.Position{Block: 4, Hash: l.blocks[4].Hash}, at)
	got, at = read(t, r, at)
	require.Equal(t, "efg", got)
	got, same := read(t, r, at)
	require.Empty(t, got)
	require.Equal(t, at, same, "nothing new")
	l.mine("h")
	got, _ = read(t, r, at)
	require.Equal(t, "h", got)
}

func TestBeforeTheContractThereIsNothing(t *testing.T) {
	l := &ledger{}
	l.mine("a", "b")
	got, at := read(t, open(t, l, func(c *pegmanager.Config) { c.From = 5 }), pegmanager.Position{})
	require.Empty(t, got)
	require.Zero(t, at)
}

func TestAReorgIsNotReadOver(t *testing.T) {
	for name, row := range map[string]struct {
		depth int
		mine  []string
		want  error
	}{
		"that replaced the position's block, with more on top":    {2, []string{"x", "y", "z"}, chain.ErrReorged},
		"that replaced it, and is as high":                        {2, []string{"x", "y"}, chain.ErrReorged},
		"that is lower, which may be a node's that is behind":     {2, nil, nil},
		"of no block, for what comes after is not a reorg at all": {0, []string{"x"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{}
			l.mine("a", "b", "c", "d")
			r := open(t, l, func(*pegmanager.Config) {})
			_, at := read(t, r, pegmanager.Position{})
			l.reorg(row.depth)
			l.mine(row.mine...)
			_, next, err := r.Read(t.Context(), at)
			require.ErrorIs(t, err, row.want)
			if row.want != nil {
				require.Equal(t, at, next, "the position stays")
				require.ErrorContains(t, err, "after block 3: chain: block no longer canonical: block 3 was")
			}
		})
	}
	t.Run("while it is read", func(t *testing.T) {
		l := &ledger{}
		l.mine("a", "b", "c", "d")
		r := open(t, l, func(*pegmanager.Config) {})
		l.during = func() { l.reorg(1); l.mine("x") }
		_, next, err := r.Read(t.Context(), pegmanager.Position{})
		require.ErrorIs(t, err, chain.ErrReorged)
		require.Zero(t, next)
		got, _ := read(t, r, next)
		require.Equal(t, "cx", got)
	})
}

func TestAChainThatDoesNotAnswer(t *testing.T) {
	l := &ledger{}
	l.mine("a", "b", "c")
	l.broken = evm.ErrDisagree
	_, next, err := open(t, l, func(*pegmanager.Config) {}).Read(t.Context(), pegmanager.Position{})
	require.ErrorIs(t, err, evm.ErrDisagree)
	require.Zero(t, next)
}

func TestNewRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*pegmanager.Config)
		says   string
	}{
		"no chain":                {func(c *pegmanager.Config) { c.Chain = nil }, "Chain"},
		"no contract":             {func(c *pegmanager.Config) { c.Contract = chain.Address{} }, "Contract"},
		"an event without a name": {func(c *pegmanager.Config) { c.Event = "(uint256)" }, "Event"},
		"an event without types":  {func(c *pegmanager.Config) { c.Event = "Rebalanced" }, `Event "Rebalanced": must be a name and types`},
		"an event with blanks":    {func(c *pegmanager.Config) { c.Event = "R(uint256 amount)" }, "Event"},
		"two events":              {func(c *pegmanager.Config) { c.Event = "R(uint256)S()" }, "Event"},
		"no blocks at a time":     {func(c *pegmanager.Config) { c.MaxBlocks = 0 }, "MaxBlocks 0: must be 1 to 100000"},
		"too many at a time":      {func(c *pegmanager.Config) { c.MaxBlocks = 100_001 }, "MaxBlocks 100001"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := pegmanager.Config{Chain: &ledger{}, Contract: contract, Event: event, MaxBlocks: 10}
			row.change(&cfg)
			_, err := pegmanager.New(cfg)
			require.ErrorIs(t, err, chain.ErrInvalid)
			require.ErrorContains(t, err, row.says)
		})
	}
}

// Two reads of a chain that grows.
func ExampleReader_Read() {
	l := &ledger{}
	l.mine("", "", "cUSDT is 60 bps low", "")
	r, err := pegmanager.New(pegmanager.Config{Chain: l, Contract: contract, Event: event, MaxBlocks: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	var at pegmanager.Position
	for range 2 {
		var events []evm.Log
		events, at, err = r.Read(context.Background(), at)
		for _, e := range events {
			fmt.Printf("block %d: %s\n", e.Block, e.Data)
		}
		fmt.Println("read up to", at.Block, err)
		l.mine("cUSDT is 70 bps low")
	}
	// Output:
	// block 2: cUSDT is 60 bps low
	// read up to 3 <nil>
	// block 4: cUSDT is 70 bps low
	// read up to 4 <nil>
}
