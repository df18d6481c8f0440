package chain_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

const (
	digits40 = "00112233445566778899aabbccddeeff00112233"
	digits64 = digits40 + "445566778899aabbccddeeff"
)

func TestTextOfNames(t *testing.T) {
	a, err := chain.ParseAddress("0x" + strings.ToUpper(digits40))
	require.NoError(t, err)
	require.Equal(t, "0x"+digits40, a.String())
	require.Equal(t, chain.Address{0x00, 0x11, 0x22}, chain.Address{a[0], a[1], a[2]})
	h, err := chain.ParseHash("0x" + digits64)
	require.NoError(t, err)
	require.Equal(t, "0x"+digits64, h.String())
}

func TestTextOfNamesIsStrict(t *testing.T) {
	for name, text := range map[string]string{
		"empty":               "",
		"a prefix alone":      "0x",
		"no prefix":           digits40 + "00",
		"an upper-case X":     "0X" + digits40,
		"a digit short":       "0x" + digits40[1:],
		"a digit long":        "0x" + digits40 + "0",
		"a letter beyond f":   "0x" + digits40[:39] + "g",
		"a space in front":    " 0x" + digits40[1:],
		"a sign":              "0x-" + digits40[1:],
		"a hash's length":     "0x" + digits64,
		"two prefixes":        "0x0x" + digits40[2:],
		"a very long text":    "0x" + strings.Repeat("0", 1<<20),
		"text that is not so": "0x\x00\xff" + digits40[2:],
	} {
		t.Run(name, func(t *testing.T) {
			a, err := chain.ParseAddress(text)
			require.ErrorIs(t, err, chain.ErrInvalid)
			require.Zero(t, a, "half-read is not read")
			require.Less(t, len(err.Error()), 400, "the error quotes the beginning only")

			kept := chain.Address{1}
			require.ErrorIs(t, kept.UnmarshalText([]byte(text)), chain.ErrInvalid)
			require.Equal(t, chain.Address{1}, kept)
			keptHash := chain.Hash{1}
			require.ErrorIs(t, keptHash.UnmarshalText([]byte(strings.TrimSuffix(text, digits64)+"x")), chain.ErrInvalid)
			require.Equal(t, chain.Hash{1}, keptHash)
		})
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("0x" + digits40)
	f.Add("0x")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := chain.ParseAddress(s); err == nil && a.String() != strings.ToLower(s) {
			t.Errorf("%q parsed to %s", s, a)
		}
	})
}

// A value in a journal goes through JSON, held by value inside something else.
func TestTypesSurviveJSON(t *testing.T) {
	type record struct {
		Block   chain.Block
		Receipt chain.Receipt
		Known   map[chain.Address]chain.Hash
	}
	want := record{
		Block: chain.Block{
			Number: 7, Hash: chain.Hash{1}, Parent: chain.Hash{2}, Time: time.Date(2026, 2, 14, 0, 0, 0, 1000, time.UTC),
			GasPrice: *uint256.MustFromDecimal("115792089237316195423570985008687907853269984665640564039457584007913129639935"),
		},
		Receipt: chain.Receipt{Tx: chain.Hash{3}, Status: chain.Mined, Block: 7, Hash: chain.Hash{1}, GasCost: *uint256.NewInt(5), Output: []byte{1, 2}},
		Known:   map[chain.Address]chain.Hash{{4}: {5}},
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	require.Contains(t, string(text), `"GasCost":"5"`, "amounts are strings")
	require.Contains(t, string(text), `"Status":"mined"`)
	var got record
	require.NoError(t, json.Unmarshal(text, &got))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatusText(t *testing.T) {
	for s := chain.Pending; s <= chain.Expired; s++ {
		text, err := s.MarshalText()
		require.NoError(t, err)
		require.Equal(t, s.String(), string(text))
		var back chain.Status
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, s, back)
	}
	for _, s := range []chain.Status{0, chain.Expired + 1, 255} {
		_, err := s.MarshalText()
		require.ErrorIs(t, err, chain.ErrInvalid)
		require.Contains(t, s.String(), "invalid")
	}
	kept := chain.Mined
	for _, text := range []string{"", "Mined", "unknown"} {
		require.ErrorIs(t, kept.UnmarshalText([]byte(text)), chain.ErrInvalid)
	}
	require.Equal(t, chain.Mined, kept)
}

func TestTxValidate(t *testing.T) {
	good := chain.Tx{Call: chain.Call{To: chain.Address{1}}, MaxGasPrice: *uint256.NewInt(1), Deadline: 1}
	require.NoError(t, good.Validate())
	for field, change := range map[string]func(*chain.Tx){
		"To":          func(tx *chain.Tx) { tx.To = chain.Address{} },
		"MaxGasPrice": func(tx *chain.Tx) { tx.MaxGasPrice.Clear() },
		"Deadline":    func(tx *chain.Tx) { tx.Deadline = 0 },
	} {
		bad := good
		change(&bad)
		require.ErrorIs(t, bad.Validate(), chain.ErrInvalid)
		require.ErrorContains(t, bad.Validate(), field)
	}
}

func TestMinReplacement(t *testing.T) {
	largest := new(uint256.Int).SetAllOne()
	for _, row := range []struct{ price, want *uint256.Int }{
		{uint256.NewInt(0), uint256.NewInt(0)},
		{uint256.NewInt(1), uint256.NewInt(2)},
		{uint256.NewInt(9), uint256.NewInt(10)},
		{uint256.NewInt(10), uint256.NewInt(11)},
		{uint256.NewInt(11), uint256.NewInt(13)}, // 12.1, rounded up
		{uint256.NewInt(20), uint256.NewInt(22)},
		{uint256.NewInt(50_000_000_000), uint256.NewInt(55_000_000_000)},
		{new(uint256.Int).SubUint64(largest, 1), largest},
		{largest, largest},
	} {
		require.Equal(t, *row.want, chain.MinReplacement(*row.price), row.price.Dec())
	}
}

func ExampleMinReplacement() {
	stuck := uint256.NewInt(30_000_000_001) // 30 gwei and a bit
	price := chain.MinReplacement(*stuck)
	fmt.Println(price.Dec())
	// Output: 33000000002
}
