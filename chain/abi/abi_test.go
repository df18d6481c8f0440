package abi_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
)

// method is what every abi.Method can say of itself, whatever its types.
type method interface {
	Signature() string
	Selector() abi.Selector
}

var methods = []method{
	abi.BalanceOf, abi.Transfer, abi.Decimals,
	abi.BaseToken, abi.QuoteToken, abi.State, abi.PriceCumulative, abi.QuerySellBase, abi.QuerySellQuote, abi.SellBase, abi.SellQuote,
	abi.CheckDeviation, abi.IsKeeper, abi.Pause, abi.Unpause, abi.Withdraw, abi.ExecutePrivateSwap,
}

func TestSelectorsAreHashesOfTheSignatures(t *testing.T) {
	empty := keccak256("")
	require.Equal(t, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", hex.EncodeToString(empty[:]), "the hash function itself")
	for _, m := range methods {
		hash := keccak256(m.Signature())
		require.Equal(t, hash[:4], func() []byte { s := m.Selector(); return s[:] }(), m.Signature())
	}
}

func words(hexWords ...string) []byte {
	var out []byte
	for _, w := range hexWords {
		word, err := hex.DecodeString(strings.Repeat("0", 64-len(w)) + w)
		if err != nil {
			panic(err)
		}
		out = append(out, word...)
	}
	return out
}

var (
	alice = chain.Address{0: 0xa1, 19: 0x01}
	bob   = chain.Address{0: 0xb0, 19: 0x02}
)

const (
	aliceWord = "a100000000000000000000000000000000000001"
	bobWord   = "b000000000000000000000000000000000000002"
)

func num(n uint64) uint256.Int { return *uint256.NewInt(n) }

func TestBytesAreThoseOfTheSolidityABI(t *testing.T) {
	for name, row := range map[string]struct{ got, want []byte }{
		"an address is padded on the left": {
			abi.BalanceOf.Encode(alice), append([]byte{0x70, 0xa0, 0x82, 0x31}, words(aliceWord)...),
		},
		"a call without arguments is its selector": {
			abi.Decimals.Encode(abi.None{}), []byte{0x31, 0x3c, 0xe5, 0x67},
		},
		"arguments keep the order of the signature": {
			abi.ExecutePrivateSwap.Encode(abi.Swap{Size: num(5), TokenIn: alice, TokenOut: bob, MinOut: num(4), DeadlineBlock: 9}),
			append([]byte{0xad, 0x24, 0x5c, 0xa9}, words("5", aliceWord, bobWord, "4", "9")...),
		},
		"a payment names the account first": {
			abi.Transfer.Encode(abi.Payment{Who: bob, Amount: num(256)}), append([]byte{0xa9, 0x05, 0x9c, 0xbb}, words(bobWord, "100")...),
		},
		"a curve is i K B Q B0 Q0 R": {
			abi.State.EncodeResult(abi.PoolState{I: num(1), K: num(2), B: num(3), Q: num(4), B0: num(5), Q0: num(6), R: 2}),
			words("1", "2", "3", "4", "5", "6", "2"),
		},
		"a quote is receive, fee, R, target": {
			abi.QuerySellBase.EncodeResult(abi.PoolQuote{Receive: num(7), MtFee: num(8), NewR: 1, NewTarget: num(9)}), words("7", "8", "1", "9"),
		},
		"a negative number is its two's complement": {
			abi.CheckDeviation.EncodeResult(abi.Deviation{Bps: -2, ShouldRebalance: true}), words(strings.Repeat("f", 63)+"e", "1"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, hex.EncodeToString(row.want), hex.EncodeToString(row.got))
		})
	}
}

func TestDecodingIsStrict(t *testing.T) {
	call := abi.Transfer.Encode(abi.Payment{Who: bob, Amount: num(1)})
	dirty := func(at int, v byte) []byte { b := append([]byte{}, call...); b[at] = v; return b }
	result := func(err error) error { return err }
	for name, row := range map[string]struct {
		err  error
		says string
	}{
		"no bytes at all":               {second(abi.Transfer.Args(nil)), "arguments of transfer: abi: invalid: call data of 0 bytes"},
		"a torn selector":               {second(abi.Transfer.Args(call[:3])), "call data of 3 bytes"},
		"another method's selector":     {second(abi.BalanceOf.Args(call)), "selector a9059cbb: must be 70a08231"},
		"a byte short":                  {second(abi.Transfer.Args(call[:len(call)-1])), "63 bytes: must be 64"},
		"a byte long":                   {second(abi.Transfer.Args(append(call[:len(call):len(call)], 0))), "65 bytes"},
		"dirt above an address":         {second(abi.Transfer.Args(dirty(4+11, 1))), "word 0"},
		"dirt far above an address":     {second(abi.Transfer.Args(dirty(4, 1))), "not an address"},
		"a bool of two":                 {second(abi.Transfer.Result(words("2"))), "result of transfer: abi: invalid: word 0 is 0x2: not a bool"},
		"a bool of 2^64 + 1":            {second(abi.Transfer.Result(words("10000000000000001"))), "not a bool"},
		"an empty result":               {second(abi.Transfer.Result(nil)), "0 bytes: must be 32"},
		"decimals of 256":               {second(abi.Decimals.Result(words("100"))), "not a uint8"},
		"a fourth side of the curve":    {second(abi.State.Result(words("1", "1", "1", "1", "1", "1", "3"))), "word 6 is 0x3"},
		"a quote's fourth side":         {second(abi.QuerySellQuote.Result(words("1", "1", "3", "1"))), "word 2 is 0x3"},
		"a DVM's two-word quote":        {second(abi.QuerySellBase.Result(words("1", "1"))), "64 bytes: must be 128"},
		"a deviation of 2^63":           {second(abi.CheckDeviation.Result(words("8000000000000000", "0"))), "not a 64-bit signed number"},
		"a deviation with a torn sign":  {second(abi.CheckDeviation.Result(words("f"+strings.Repeat("0", 46)+"1", "0"))), "not a 64-bit signed number"},
		"a deadline beyond every block": {second(abi.ExecutePrivateSwap.Args(append([]byte{0xad, 0x24, 0x5c, 0xa9}, words("1", "1", "1", "1", "10000000000000000")...))), "word 4"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, result(row.err), abi.ErrInvalid)
			require.ErrorContains(t, row.err, row.says)
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheFirstBadWordIsNamed(t *testing.T) {
	_, err := abi.ExecutePrivateSwap.Args(append([]byte{0xad, 0x24, 0x5c, 0xa9}, words("1", strings.Repeat("f", 64), strings.Repeat("f", 64), "1", "1")...))
	require.ErrorContains(t, err, "word 1 ")
	require.NotContains(t, err.Error(), "word 2 ")
}

// roundTrips fails unless arguments and results of m survive both ways.
func roundTrips[A, R any](t *testing.T, m abi.Method[A, R], args A, result R) {
	t.Helper()
	gotArgs, err := m.Args(m.Encode(args))
	require.NoError(t, err, m.Signature())
	gotResult, err := m.Result(m.EncodeResult(result))
	require.NoError(t, err, m.Signature())
	if diff := cmp.Diff(args, gotArgs) + cmp.Diff(result, gotResult); diff != "" {
		t.Errorf("%s (-want +got):\n%s", m.Signature(), diff)
	}
}

func FuzzWhatIsEncodedDecodesToItself(f *testing.F) {
	f.Add(uint64(0), uint64(0), uint64(0), uint64(0), int64(0), make([]byte, 40), byte(0))
	f.Add(uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), uint64(math.MaxUint64), int64(math.MinInt64), append(alice[:], bob[:]...), byte(255))
	f.Add(uint64(1), uint64(0), uint64(0), uint64(1)<<63, int64(-1), append(bob[:], alice[:]...), byte(1))
	f.Fuzz(func(t *testing.T, w0, w1, w2, w3 uint64, signed int64, accounts []byte, small byte) {
		var who, other chain.Address
		copy(who[:], accounts)
		copy(other[:], accounts[min(len(who), len(accounts)):])
		x, y, odd := uint256.Int{w0, w1, w2, w3}, uint256.Int{w3, w2, w1, w0}, small%2 == 1

		roundTrips(t, abi.BalanceOf, who, x)
		roundTrips(t, abi.Transfer, abi.Payment{Who: who, Amount: x}, odd)
		roundTrips(t, abi.Decimals, abi.None{}, small)
		roundTrips(t, abi.State, abi.None{}, abi.PoolState{I: x, K: y, B: num(w0), Q: num(w1), B0: num(w2), Q0: num(w3), R: small % 3})
		roundTrips(t, abi.BaseToken, abi.None{}, who)
		roundTrips(t, abi.QuoteToken, abi.None{}, other)
		roundTrips(t, abi.PriceCumulative, abi.None{}, y)
		quote := abi.PoolQuote{Receive: x, MtFee: y, NewR: small % 3, NewTarget: num(w2)}
		roundTrips(t, abi.QuerySellBase, abi.Payment{Who: who, Amount: x}, quote)
		roundTrips(t, abi.QuerySellQuote, abi.Payment{Who: other, Amount: y}, quote)
		roundTrips(t, abi.SellBase, who, x)
		roundTrips(t, abi.SellQuote, other, y)
		roundTrips(t, abi.CheckDeviation, abi.None{}, abi.Deviation{Bps: signed, ShouldRebalance: odd})
		roundTrips(t, abi.IsKeeper, who, odd)
		roundTrips(t, abi.Withdraw, abi.Withdrawal{Token: who, To: other, Amount: x}, abi.None{})
		roundTrips(t, abi.ExecutePrivateSwap, abi.Swap{Size: x, TokenIn: who, TokenOut: other, MinOut: y, DeadlineBlock: w3}, x)
	})
}

// canonical fails unless bytes that m accepts are the very bytes it writes.
func canonical[A, R any](t *testing.T, m abi.Method[A, R], data []byte) {
	t.Helper()
	if args, err := m.Args(data); err == nil {
		require.Equal(t, data, m.Encode(args), m.Signature())
	} else {
		require.ErrorIs(t, err, abi.ErrInvalid)
	}
	if result, err := m.Result(data); err == nil {
		require.Equal(t, data, m.EncodeResult(result), m.Signature())
	} else {
		require.ErrorIs(t, err, abi.ErrInvalid)
	}
}

func FuzzWhatIsAcceptedIsCanonical(f *testing.F) {
	f.Add([]byte{})
	f.Add(abi.Transfer.Encode(abi.Payment{Who: alice, Amount: num(1)}))
	f.Add(abi.ExecutePrivateSwap.Encode(abi.Swap{TokenIn: alice, TokenOut: bob}))
	f.Add(abi.State.EncodeResult(abi.PoolState{R: 2}))
	f.Add(abi.CheckDeviation.EncodeResult(abi.Deviation{Bps: math.MinInt64}))
	f.Fuzz(func(t *testing.T, data []byte) {
		canonical(t, abi.BalanceOf, data)
		canonical(t, abi.Transfer, data)
		canonical(t, abi.Decimals, data)
		canonical(t, abi.BaseToken, data)
		canonical(t, abi.QuoteToken, data)
		canonical(t, abi.State, data)
		canonical(t, abi.PriceCumulative, data)
		canonical(t, abi.QuerySellBase, data)
		canonical(t, abi.QuerySellQuote, data)
		canonical(t, abi.SellBase, data)
		canonical(t, abi.SellQuote, data)
		canonical(t, abi.CheckDeviation, data)
		canonical(t, abi.IsKeeper, data)
		canonical(t, abi.Pause, data)
		canonical(t, abi.Withdraw, data)
		canonical(t, abi.ExecutePrivateSwap, data)
	})
}

func ExampleMethod() {
	token, owner := chain.Address{19: 1}, chain.Address{19: 2}
	call := abi.BalanceOf.Call(token, owner)
	fmt.Printf("%x\n", call.Data)

	answer := abi.BalanceOf.EncodeResult(*uint256.NewInt(1_000_000)) // what the token would answer
	balance, err := abi.BalanceOf.Result(answer)
	fmt.Println(balance.Dec(), err)

	_, err = abi.BalanceOf.Result(answer[1:])
	fmt.Println(err)
	// Output:
	// 70a082310000000000000000000000000000000000000000000000000000000000000002
	// 1000000 <nil>
	// result of balanceOf: abi: invalid: 31 bytes: must be 32
}
