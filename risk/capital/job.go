package capital

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is the name of the model. It changes when the same job would give
// other numbers.
const Version = "capital@1"

// MaxPaths bounds a job, so that no counter overflows: 2^32 paths of 36,500
// epochs stay below 2^48.
const MaxPaths = 1 << 32

// Job is what to simulate: the same job gives the same result to the last bit on
// any machine and any number of workers.
type Job struct {
	Params Params `json:"params"`
	Seed   uint64 `json:"seed"`
	Paths  int64  `json:"paths"` // 1..2^32
}

// Validate returns an error that wraps [ErrInvalid] and names field, value and rule.
func (j Job) Validate() error {
	if err := check(rule{j.Paths >= 1 && j.Paths <= MaxPaths, "Paths", j.Paths, fmt.Sprintf("must be in [1, %d]", int64(MaxPaths))}); err != nil {
		return err
	}
	return j.Params.Validate()
}

// Hash identifies the job: the SHA-256 of [Version] and its JSON.
func (j Job) Hash() Digest {
	text, err := json.Marshal(j)
	if err != nil { // a NaN, which Validate refuses
		text = fmt.Appendf(nil, "%+v", j)
	}
	return sha256.Sum256(append([]byte(Version+"\n"), text...))
}

// Digest is a SHA-256, written in hexadecimal.
type Digest [sha256.Size]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes the digest in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(d) {
		return fmt.Errorf("%w: digest %.64q: must be 64 hexadecimal digits", ErrInvalid, text)
	}
	copy(d[:], raw)
	return nil
}
