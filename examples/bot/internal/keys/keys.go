// Package keys reads the files that hold what must not be seen: the API key of an
// exchange and the bot's own key. It refuses a file that others may read.
package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"go.yaml.in/yaml/v3"
)

// ErrInvalid says what is wrong with a file, and never what is in it.
var ErrInvalid = errors.New("keys: invalid")

// maxFile is more than any key has.
const maxFile = 16 << 10

// API is a key of an exchange. It does not print.
type API struct {
	Key        string `yaml:"key"`
	Secret     string `yaml:"secret"`
	Passphrase string `yaml:"passphrase"` // where the exchange has one
}

// String leaves out what is secret.
func (a API) String() string { return "API key (not shown)" }

// GoString leaves out what is secret.
func (a API) GoString() string { return a.String() }

// ReadAPI reads a file of YAML: key, secret and, where the exchange has one,
// passphrase.
func ReadAPI(path string) (API, error) {
	text, err := read(path)
	if err != nil {
		return API{}, err
	}
	var a API
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&a); err != nil || a.Key == "" || a.Secret == "" {
		// Not the decoder's own words: they may quote the secret.
		return API{}, fmt.Errorf("%w: %s: must be YAML with key, secret and at most passphrase", ErrInvalid, path)
	}
	return a, nil
}

// Identity returns the Ed25519 key in a file, making both on first use.
func Identity(path string) (ed25519.PrivateKey, error) {
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%w: %s: must be base64 of 32 bytes", ErrInvalid, path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func create(path string) (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(f, base64.StdEncoding.EncodeToString(key.Seed()))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	return key, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: %s: mode %v: must be a file that only its owner may read (chmod 600)", ErrInvalid, path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%w: %s: must have at most %d bytes", ErrInvalid, path, maxFile)
	}
	return text, err
}
