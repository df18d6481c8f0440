package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestWhatIsWrittenDownCannotBeChangedUnseen(t *testing.T) {
	store := new(memory.Store)
	programs := [2]*audit.Journal{audit.New(store), audit.New(store)}
	var writing sync.WaitGroup
	for i := range 40 {
		writing.Go(func() {
			e := audit.Entry{Actor: fmt.Sprint(i), Roles: []string{"compliance"}, Action: "audit", Object: "IN0012345678"}
			at := noon.Add(-time.Duration(i) * time.Second) // also with a clock that goes back
			if err := programs[i%2].Write(t.Context(), at, e); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	found, err := evenkeel.Verify(t.Context(), store, audit.Key)
	require.NoError(t, err)
	require.EqualValues(t, 40, found.Head.Seq)
	actors := map[string]bool{}
	for rec, err := range store.Journal(t.Context(), audit.Key, 0) {
		require.NoError(t, err)
		var e audit.Entry
		require.NoError(t, json.Unmarshal(rec.Seen, &e))
		actors[e.Actor] = true
	}
	require.Len(t, actors, 40)
}

// errBroken is what a store says that cannot write.
var errBroken = errors.New("the disk is full")

type broken struct{ *memory.Store }

// Append implements evenkeel.Store.
func (broken) Append(context.Context, evenkeel.Record) error { return errBroken }

func TestWhatCannotBeWrittenDownIsSaid(t *testing.T) {
	journal := audit.New(broken{new(memory.Store)})
	require.ErrorIs(t, journal.Write(t.Context(), noon, audit.Entry{}), errBroken)
}
