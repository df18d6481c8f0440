package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// capitalMerge is the command that puts shards together.
type capitalMerge struct {
	Shards []string `arg:"" help:"Files that 'capital run --shard' wrote, or folders with *.shard files." placeholder:"FILE"`
	forms
	Out string `help:"Write to this file instead of stdout." placeholder:"FILE"`
}

// Run reads all shards, checks that they are one whole run and prints its result.
func (c *capitalMerge) Run(to streams) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	file, err := createAny("--out", c.Out)
	if err != nil {
		return err
	}
	defer file.discard()
	parts := make([]capital.Partial, len(files))
	for i, path := range files {
		if parts[i], err = readShard(path); err != nil {
			return err
		}
	}
	whole, err := capital.Merge(parts...)
	if err != nil {
		return fmt.Errorf("%s: %w", describe(files), err)
	}
	t := trial{part: whole}
	if t.card, err = whole.Scorecard(); err != nil {
		return err
	}
	var profile string
	profile, t.name = origin(whole.Job.Params)
	gave := capitalResult{Profile: profile, Results: []trial{t}}
	return result{file, to.out}.write(func(w io.Writer) error { return gave.write(w, c.forms) })
}

// files lists what is to be merged, in a fixed order.
func (c *capitalMerge) files() ([]string, error) {
	var files []string
	for _, path := range c.Shards {
		info, err := os.Stat(path)
		if err != nil {
			return nil, usage(err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := shardsIn(path)
		if err != nil {
			return nil, usage(err)
		}
		if len(found) == 0 {
			return nil, usage(fmt.Errorf("%s: has no *.shard files", path))
		}
		files = append(files, found...)
	}
	if len(files) > maxShards {
		return nil, usage(fmt.Errorf("%d shards: must be at most %d", len(files), maxShards))
	}
	slices.Sort(files)
	return files, nil
}

func shardsIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".shard" {
			files = append(files, filepath.Join(folder, e.Name()))
		}
	}
	return files, nil
}

func readShard(path string) (capital.Partial, error) {
	f, err := os.Open(path)
	if err != nil {
		return capital.Partial{}, usage(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	part, err := capital.ReadShard(f)
	if err != nil {
		return part, fmt.Errorf("%s: %w", path, err)
	}
	return part, nil
}

func describe(files []string) string {
	if len(files) == 1 {
		return files[0]
	}
	return fmt.Sprintf("%d files from %s to %s", len(files), files[0], files[len(files)-1])
}

// origin names the profile and the scenario that parameters are of. A shard does
// not say, for its numbers are all that counts.
func origin(p capital.Params) (profile, scenario string) {
	hash := capital.Job{Params: p}.Hash()
	for _, profile := range capital.Profiles() {
		base, err := profile.Params()
		if err != nil {
			continue
		}
		for _, s := range capital.Scenarios() {
			if (capital.Job{Params: s.Apply(base)}).Hash() == hash {
				return string(profile), s.Name
			}
		}
	}
	return "of one's own", fmt.Sprintf("parameters %.12s", hash)
}
