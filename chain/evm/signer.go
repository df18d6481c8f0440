package evm

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/evenkeelhq/evenkeel/chain"
)

// Signer holds an account's private key, or reaches who does. Safe for concurrent
// use.
type Signer interface {
	Address() chain.Address
	// Sign returns R, S and V of secp256k1 over the digest, V being 0 or 1.
	Sign(ctx context.Context, digest chain.Hash) ([65]byte, error)
}

// Key is a Signer in memory. It does not print.
type Key struct {
	private *ecdsa.PrivateKey
	address chain.Address
}

var _ Signer = (*Key)(nil)

// maxKeyFile is more than any key file has, in bytes.
const maxKeyFile = 16 << 10

// NewKey returns the Signer of a private key on secp256k1.
func NewKey(private *ecdsa.PrivateKey) *Key {
	return &Key{private, chain.Address(crypto.PubkeyToAddress(private.PublicKey))}
}

// KeyFile reads a private key of 64 hexadecimal digits. The file must be one that
// nobody but its owner may read. The error wraps chain.ErrInvalid, and never quotes
// what is in the file.
func KeyFile(path string) (*Key, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(bytes.TrimSpace(text), []byte("0x"))
	private, err := crypto.HexToECDSA(string(text))
	if err != nil {
		return nil, fmt.Errorf("%w: key file %s: must be 64 hexadecimal digits of a key on secp256k1", chain.ErrInvalid, path)
	}
	return NewKey(private), nil
}

// Keystore reads a private key from a file in the format of go-ethereum's keystore
// (Web3 Secret Storage, version 3), under the rules of [KeyFile].
func Keystore(path, passphrase string) (*Key, error) {
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	key, err := keystore.DecryptKey(text, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%w: key file %s: must be a keystore of version 3, and the passphrase must fit", chain.ErrInvalid, path)
	}
	return NewKey(key.PrivateKey), nil
}

func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: key file %s: mode %v: must be a file that only its owner may read (chmod 600)", chain.ErrInvalid, path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%w: key file %s: must have at most %d bytes", chain.ErrInvalid, path, maxKeyFile)
	}
	return text, nil
}

// Address implements [Signer].
func (k *Key) Address() chain.Address { return k.address }

// Sign implements [Signer].
func (k *Key) Sign(ctx context.Context, digest chain.Hash) ([65]byte, error) {
	if err := ctx.Err(); err != nil {
		return [65]byte{}, err
	}
	signature, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return [65]byte{}, fmt.Errorf("sign as %s: %w", k.address, err)
	}
	return [65]byte(signature), nil
}

// String leaves out what is secret.
func (k *Key) String() string { return "key of " + k.address.String() }

// GoString leaves out what is secret.
func (k *Key) GoString() string { return k.String() }

// Format leaves out what is secret, whatever the verb.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }
