package sql_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
)

// BenchmarkAppend measures one durable record of 3 KB.
func BenchmarkAppend(b *testing.B) {
	for name, empty := range databases {
		b.Run(name, func(b *testing.B) {
			store := open(b, empty(b)).Store()
			var last evenkeel.Record
			for b.Loop() {
				last = after(last)
				last.Seen = bytes.Repeat([]byte("seen"), 768)
				last.Hash = last.Sum()
				require.NoError(b, store.Append(b.Context(), last))
			}
		})
	}
}
