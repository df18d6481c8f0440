package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// output is a file that appears whole or not at all. It is opened before the
// work, so that a place where nothing can be written is known at once.
type output struct {
	path string
	temp *os.File
}

func create(path string) (*output, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, usage(fmt.Errorf("--out %s: is a directory", path))
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".report-*.html")
	if err != nil {
		return nil, usage(fmt.Errorf("--out %s: cannot be written: %w", path, err))
	}
	return &output{path, temp}, nil
}

// write fills the file and puts it in its place.
func (o *output) write(fill func(io.Writer) error) error {
	if err := fill(o.temp); err != nil {
		return err
	}
	if err := o.temp.Chmod(0o644); err != nil {
		return usage(fmt.Errorf("--out %s: %w", o.path, err))
	}
	if err := o.temp.Close(); err != nil {
		return usage(fmt.Errorf("--out %s: %w", o.path, err))
	}
	if err := os.Rename(o.temp.Name(), o.path); err != nil {
		return usage(fmt.Errorf("--out %s: %w", o.path, err))
	}
	return nil
}

// discard removes what write did not put in its place.
func (o *output) discard() {
	_ = o.temp.Close()
	_ = os.Remove(o.temp.Name())
}
