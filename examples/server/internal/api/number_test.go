package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

func TestDecimals(t *testing.T) {
	for said, want := range map[string]string{
		`"0"`: "0", `"-0"`: "0", `"1.10"`: "1.1", `"-3"`: "-3", `"0.000000000000000001"`: "0.000000000000000001",
		`"999999999999999999.999999999999999999"`: "999999999999999999.999999999999999999",
	} {
		var d api.Decimal
		require.NoError(t, json.Unmarshal([]byte(said), &d), said)
		require.Equal(t, want, decimal.Decimal(d).String())
	}
	for _, said := range []string{
		`""`, `" 1"`, `"1 "`, `"+1"`, `".5"`, `"5."`, `"1e9"`, `"1E9"`, `"NaN"`, `"Infinity"`, `"-"`, `"1_000"`, `"1,5"`, `"0x10"`, `"007"`,
		`"1000000000000000000"`, `"0.0000000000000000001"`, `"1\n"`, `"１"`, `1`, `1.5`, `true`, `[]`, `{}`,
	} {
		var d api.Decimal
		require.Error(t, json.Unmarshal([]byte(said), &d), said)
		require.True(t, decimal.Decimal(d).IsZero(), said)
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type all struct {
			D api.Decimal
			T api.Time
			L api.Duration
		}
		units := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999)
		digits := decimal.New(units.Draw(t, "high"), 0)
		if low := decimal.New(units.Draw(t, "low"), -18); low.Sign() == digits.Sign() {
			digits = digits.Add(low)
		}
		at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "at")).In(time.FixedZone("east", 7200))
		in := all{api.Decimal(digits), api.Time(at), api.Duration(rapid.Int64Range(-1e17, 1e17).Draw(t, "length"))}
		text, err := json.Marshal(in)
		require.NoError(t, err)
		var out all
		require.NoError(t, json.Unmarshal(text, &out), string(text))
		require.True(t, decimal.Decimal(in.D).Equal(decimal.Decimal(out.D)), string(text))
		require.True(t, time.Time(in.T).Equal(time.Time(out.T)), string(text))
		require.Equal(t, time.UTC, time.Time(out.T).Location())
		require.Equal(t, in.L, out.L)
	})
}

func FuzzBody(f *testing.F) {
	for _, body := range []string{`{"to":"a","amount":"1"}`, `{"to":"a","amount":1e5}`, `[[`, `{"a":{"a":1}}`, ``} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := open(t)
		got := r.ask("POST /transfers", "olga", "Idempotency-Key: k", "!"+body)
		require.Contains(t, []int{201, 202, 400, 413, 422}, got.Code, body)
		require.True(t, json.Valid(got.Body.Bytes()))
		require.Equal(t, got.Code < 300, r.vault.moves == 1, body)
		require.Zero(t, r.logged.Len(), "%q is our fault: %v", body, r.logged.All())
	})
}
