package abi_test

import (
	"encoding/binary"
	"math/bits"
)

// keccak256 is Keccak as Ethereum uses it, with the padding that SHA-3 later
// changed, for messages shorter than one block. It proves the selectors without
// a dependency. Source: The Keccak reference, version 3.0, section 1.2.
func keccak256(message string) [32]byte {
	const rate = 136
	var block [rate]byte
	if len(message) >= rate {
		panic("keccak256: message of more than one block")
	}
	copy(block[:], message)
	block[len(message)] ^= 0x01
	block[rate-1] ^= 0x80

	var a [25]uint64 // lane (x, y) is a[x+5*y]
	for i := range rate / 8 {
		a[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	lfsr := byte(1)
	for range 24 {
		theta(&a)
		rhoPiChi(&a)
		for j := range 7 { // iota: round constant bits from a linear feedback register
			if lfsr&1 != 0 {
				a[0] ^= 1 << (1<<j - 1)
			}
			carry := lfsr >> 7
			lfsr = lfsr<<1 ^ carry*0x71
		}
	}
	var sum [32]byte
	for i := range 4 {
		binary.LittleEndian.PutUint64(sum[8*i:], a[i])
	}
	return sum
}

func theta(a *[25]uint64) {
	var parity [5]uint64
	for i, lane := range a {
		parity[i%5] ^= lane
	}
	for i := range a {
		a[i] ^= parity[(i+4)%5] ^ bits.RotateLeft64(parity[(i+1)%5], 1)
	}
}

func rhoPiChi(a *[25]uint64) {
	var b [25]uint64
	b[0] = a[0]
	x, y := 1, 0
	for t := range 24 {
		next := (2*x + 3*y) % 5
		b[y+5*next] = bits.RotateLeft64(a[x+5*y], (t+1)*(t+2)/2%64)
		x, y = y, next
	}
	for i := range a {
		row := i - i%5
		a[i] = b[i] ^ ^b[row+(i+1)%5]&b[row+(i+2)%5]
	}
}
