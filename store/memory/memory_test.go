package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/memory"
	"github.com/evenkeelhq/evenkeel/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) evenkeel.Store { return new(memory.Store) })
}

func TestBoundedStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) evenkeel.Store { return &memory.Store{Limit: 4} })
}

func TestInbox(t *testing.T) {
	storetest.RunInbox(t, func(*testing.T) evenkeel.Inbox { return new(memory.Inbox) })
}

func TestAnchor(t *testing.T) {
	storetest.RunAnchor(t, func(*testing.T) evenkeel.Anchor { return new(memory.Anchor) })
}

func TestBoundedStoreKeepsTheNewestRecords(t *testing.T) {
	s := &memory.Store{Limit: 3}
	for seq := uint64(1); seq <= 100; seq++ {
		require.NoError(t, s.Append(t.Context(), evenkeel.Record{Stamp: evenkeel.Stamp{Key: "k", Seq: seq}}))
		var kept []uint64
		for r, err := range s.Journal(t.Context(), "k", 0) {
			require.NoError(t, err)
			kept = append(kept, r.Seq)
		}
		require.GreaterOrEqual(t, len(kept), min(3, int(seq)))
		require.Less(t, len(kept), 6)
		require.Equal(t, seq, kept[len(kept)-1])
		require.Equal(t, seq-uint64(len(kept))+1, kept[0])
	}
}
