package risk

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// Schema names what [Engine.Hash] hashes, and how.
const Schema = "evenkeel.risk.translation/2"

// Hash identifies all that a translation is made from: inputs, sale, track,
// configuration with its policy and parameters, and the versions of the models. It
// is the SHA-256, in 64 hexadecimal digits, of [Schema], a line feed, and
// [Engine.Canonical].
func (e *Engine) Hash(in Inputs, sale market.Sale, track Track) (string, error) {
	text, err := e.Canonical(in, sale, track)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(Schema+"\n"), text...))
	return hex.EncodeToString(sum[:]), nil
}

// Canonical returns what is hashed as JSON: object keys sorted, no space between
// tokens, decimals as strings without zeros at their end, times in UTC in the form
// of RFC 3339 with up to nine decimals, durations as integers of nanoseconds.
func (e *Engine) Canonical(in Inputs, sale market.Sale, track Track) ([]byte, error) {
	text, err := json.Marshal(struct {
		Inputs Inputs          `json:"inputs"`
		Sale   market.Sale     `json:"sale"`
		Track  Track           `json:"track"`
		Config json.RawMessage `json:"config"`
		Models Models          `json:"models"`
	}{in.utc(), sale, track.utc(), e.text, e.models})
	if err != nil {
		return nil, fmt.Errorf("%w: hash: %w", ErrInvalid, err)
	}
	return sorted(text)
}

// sorted writes JSON again with its keys in order. Numbers stay as they are.
func sorted(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var all any
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%w: hash: %w", ErrInvalid, err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(all); err != nil {
		return nil, fmt.Errorf("%w: hash: %w", ErrInvalid, err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
