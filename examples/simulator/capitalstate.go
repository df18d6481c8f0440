package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// readPolicy reads limits and evidence; without a file they are the plan's
// institutional defaults, and there is no evidence.
func readPolicy(path string) (capital.Policy, []capital.Evidence, error) {
	policy := capital.InstitutionalPolicy()
	if path == "" {
		return policy, nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return policy, nil, usage(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	p, err := patch.Read(path, f)
	if err != nil {
		return policy, nil, err
	}
	said, err := patch.Over(struct {
		Policy   capital.Policy     `json:"policy"`
		Evidence []capital.Evidence `json:"evidence"`
	}{Policy: policy}, p)
	return said.Policy, said.Evidence, err
}

// The file of a sweep that may go on is one line and then JSON:
//
//	evenkeel-capital-sweep 1 <SHA-256 of the JSON>
const (
	searchMagic = "evenkeel-capital-sweep 1 "
	maxSearch   = 1 << 30 // bytes
)

// errSearch is a file from which no sweep can go on.
var errSearch = errors.New("not a sweep to go on from")

func writeSearch(w io.Writer, s capital.Search) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%x\n%s", searchMagic, sha256.Sum256(body), body)
	return err
}

// resume returns the search as the file has it, or as it is where there is no file.
func resume(path string, asked capital.Search) (capital.Search, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return asked, nil
	}
	if err != nil {
		return asked, usage(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxSearch))
	if err != nil {
		return asked, usage(err)
	}
	kept, err := readSearch(text)
	if err == nil {
		err = fits(kept, asked)
	}
	if err != nil {
		return asked, usage(fmt.Errorf("--resume %s: %w: %w", path, errSearch, err))
	}
	return kept, nil
}

func readSearch(text []byte) (s capital.Search, err error) {
	head, body, _ := bytes.Cut(text, []byte("\n"))
	sum, ours := bytes.CutPrefix(head, []byte(searchMagic))
	switch {
	case !ours:
		return s, fmt.Errorf("begins with %.24q", head)
	case string(sum) != fmt.Sprintf("%x", sha256.Sum256(body)):
		return s, errors.New("cut short, or changed since it was written")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return s, decoder.Decode(&s)
}

// fits returns an error unless the kept search asks for what is asked for now, and
// its results are of what it asks for.
func fits(kept, asked capital.Search) error {
	then, err := json.Marshal(kept.Config)
	if err != nil {
		return err
	}
	now, err := json.Marshal(asked.Config)
	if err != nil {
		return err
	}
	if !bytes.Equal(then, now) {
		return errors.New("is of other parameters: the command must be the same as then")
	}
	if len(kept.Trials) != len(asked.Trials) {
		return fmt.Errorf("%d trials: must be %d", len(kept.Trials), len(asked.Trials))
	}
	for i, t := range kept.Trials {
		if n := len(t.Results); n != 0 && n != len(kept.Config.Scenarios) {
			return fmt.Errorf("trial %d: %d results: must be %d, one for each scenario", i, n, len(kept.Config.Scenarios))
		}
		for k, part := range t.Results {
			p := kept.Config.Scenarios[k].Apply(kept.Config.Params)
			p.Stance = kept.Config.Candidates[i]
			if part.Job.Hash() != (capital.Job{Params: p, Seed: kept.Config.Seed, Paths: kept.Config.Paths}).Hash() {
				return fmt.Errorf("trial %d: is of another job", i)
			}
		}
	}
	return nil
}
