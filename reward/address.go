package reward

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// What can be wrong with an address.
var (
	ErrAddressPrefix   = errors.New("reward: address does not start with B")
	ErrAddressChecksum = errors.New("reward: address checksum does not match")
)

const (
	base58       = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz" // the Bitcoin alphabet
	addressBytes = 25                                                           // version, 20 bytes of hash, 4 of checksum
	maxAddress   = 128                                                          // characters that are looked at, blanks included
)

// ParseAddress returns a NuBits payout address without the blanks that people
// copy along with it, at its end or inside; the rest of it is base58check, of
// which the version is told by the letter B. It returns [ErrAddressPrefix]
// unless the first character is a B, and otherwise [ErrAddressChecksum].
//
// The ALP server took any length. Ours has 25 bytes: a wallet refuses another,
// and with it the whole batch of payments.
func ParseAddress(s string) (string, error) {
	if !strings.HasPrefix(s, "B") {
		return "", fmt.Errorf("%w: %s", ErrAddressPrefix, valid.Show(s))
	}
	address := strings.ReplaceAll(strings.TrimSpace(s), " ", "")
	if len(s) > maxAddress || !checksummed(address) {
		return "", fmt.Errorf("%w: %s", ErrAddressChecksum, valid.Show(s))
	}
	return address, nil
}

// checksummed reports whether the last four bytes are those that double SHA-256
// of the others begins with.
func checksummed(address string) bool {
	number, digit := new(big.Int), new(big.Int)
	for i := range len(address) {
		d := strings.IndexByte(base58, address[i])
		if d < 0 {
			return false
		}
		number.Add(number.Mul(number, big.NewInt(58)), digit.SetInt64(int64(d)))
	}
	decoded := number.Bytes() // B is not a leading zero, so none are lost
	if len(decoded) != addressBytes {
		return false
	}
	body, sum := decoded[:addressBytes-4], decoded[addressBytes-4:]
	once := sha256.Sum256(body)
	twice := sha256.Sum256(once[:])
	return bytes.Equal(sum, twice[:4])
}
