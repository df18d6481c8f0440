package sql_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
)

// zstdMagic begins a frame of RFC 8878.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// large returns so many bytes of JSON, of which no two lines are the same.
func large(size int) []byte {
	rng := rand.New(rand.NewPCG(uint64(size), 0))
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, "{\"amount\":\"%d\"},\n", rng.Uint64())
	}
	return b.Bytes()[:size]
}

// wide returns the record that may follow last, with fields of that size.
func wide(last evenkeel.Record, size int) evenkeel.Record {
	r := after(last)
	r.State, r.Seen, r.Decision = large(size), large(size+1), large(size+2)
	r.Hash = r.Sum()
	return r
}

func TestFieldsOfEverySizeAreKept(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn).Store()
		var last evenkeel.Record
		var all []evenkeel.Record
		add := func(r evenkeel.Record) {
			r.Hash = r.Sum()
			require.NoError(t, store.Append(t.Context(), r))
			got, err := store.Last(t.Context(), key)
			require.NoError(t, err)
			require.Equal(t, r, got)
			last, all = r, append(all, r)
		}
		for _, size := range []int{1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20} {
			add(wide(last, size))
		}
		for _, odd := range [][]byte{
			zstdMagic, // which nobody packed
			append(bytes.Clone(zstdMagic), large(100)...),
			zstdMagic[:3],
			bytes.Repeat([]byte{0}, 1<<20),
			new(zstd.Encoder).EncodeAll(large(100), nil), // and what somebody else packed
		} {
			r := after(last)
			r.State, r.Seen, r.Decision = odd, odd, odd
			add(r)
		}
		var read []evenkeel.Record
		for r, err := range store.Journal(t.Context(), key, 0) {
			require.NoError(t, err)
			read = append(read, r)
		}
		require.Equal(t, all, read)
		var kept int
		require.NoError(t, raw(t, dsn).QueryRowContext(t.Context(), `SELECT LENGTH(state) FROM evenkeel_journal WHERE seq = 5`).Scan(&kept))
		require.Less(t, kept, 3<<20/4)
	})
}

func TestAJournalOfLargeRecordsIsReadInPieces(t *testing.T) {
	const records, size = 16, 1 << 20
	noise := make([]byte, size) // which cannot be compressed
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn).Store()
		var last evenkeel.Record
		for range records {
			last = after(last)
			last.State, last.Seen, last.Decision = noise, noise, noise
			last.Hash = last.Sum()
			require.NoError(t, store.Append(t.Context(), last))
		}
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		most := uint64(0)
		for _, err := range store.Journal(t.Context(), key, 0) {
			require.NoError(t, err)
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc-min(before.HeapAlloc, now.HeapAlloc))
		}
		require.Less(t, most, uint64(records*3*size/2))
	})
}

func TestWhatAnIntruderChangesInAPackedFieldIsFound(t *testing.T) {
	claims := func(size uint64) []byte { // a frame that says how large its content is, and holds none
		return append(binary.LittleEndian.AppendUint64(append(bytes.Clone(zstdMagic), 0xe0), size), 1, 0, 0)
	}
	bomb := append(bytes.Clone(zstdMagic), 0x00, 0x38) // blocks of 128 KiB, each one byte repeated
	for range 1<<30/(128<<10) + 1 {
		bomb = append(bomb, 0x02, 0x00, 0x10, 'a')
	}
	bomb = append(bomb, 0x01, 0x00, 0x00)
	for name, how := range map[string]func([]byte) []byte{
		"a flipped byte of its beginning": flip,
		"a cut end":                       func(b []byte) []byte { return b[:len(b)-1] },
		"a cut half":                      func(b []byte) []byte { return b[:len(b)/2] },
		"its beginning alone":             func([]byte) []byte { return zstdMagic },
		"a longer end":                    func(b []byte) []byte { return append(b, 0) },
		"another content":                 func([]byte) []byte { return new(zstd.Encoder).EncodeAll(large(100<<10+7), nil) },
		"its content twice":               func(b []byte) []byte { return append(b, b...) },
		"more than there may be":          func([]byte) []byte { return bomb },
		"a claim of more than may be":     func([]byte) []byte { return claims(1 << 62) },
		"a claim of too much":             func([]byte) []byte { return claims(1 << 29) },
		"nothing":                         func([]byte) []byte { return []byte{} },
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, dsn string) {
				store := open(t, dsn).Store()
				var last evenkeel.Record
				for range 4 {
					last = wide(last, 100<<10)
					require.NoError(t, store.Append(t.Context(), last))
				}
				_, err := evenkeel.Verify(t.Context(), store, key)
				require.NoError(t, err)
				edit("seen", how)(t, dsn)
				_, err = evenkeel.Verify(t.Context(), store, key)
				require.ErrorIs(t, err, evenkeel.ErrBroken)
				t.Log(err)
			})
		})
	}
}

func TestAFlippedByteOfAPackedFieldIsFoundWhereverItIs(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		store := open(t, dsn).Store()
		var last evenkeel.Record
		for range 3 {
			last = wide(last, 70<<10)
			require.NoError(t, store.Append(t.Context(), last))
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			at := 0
			turn := func(b []byte) []byte {
				b[at] ^= 4
				return b
			}
			edit("seen", func(b []byte) []byte {
				at = rng.IntN(len(b))
				return turn(b)
			})(t, dsn)
			if _, err := evenkeel.Verify(t.Context(), store, key); err == nil {
				got, err := store.Last(t.Context(), key)
				require.NoError(t, err)
				require.Equal(t, last, got, "byte %d", at) // the frame says the same in another way
			} else {
				require.ErrorIs(t, err, evenkeel.ErrBroken, "byte %d", at)
			}
			edit("seen", turn)(t, dsn)
		}
		_, err := evenkeel.Verify(t.Context(), store, key)
		require.NoError(t, err)
	})
}
