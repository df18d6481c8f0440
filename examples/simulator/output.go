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
	flag, path string
	temp       *os.File
}

// create opens what a flag names.
func create(flag, path string) (*output, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, usage(fmt.Errorf("%s %s: is a directory", flag, path))
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".simulator-*")
	if err != nil {
		return nil, usage(fmt.Errorf("%s %s: cannot be written: %w", flag, path, err))
	}
	return &output{flag, path, temp}, nil
}

// createAny is create where a flag may be left out, for nil.
func createAny(flag, path string) (*output, error) {
	if path == "" {
		return nil, nil
	}
	return create(flag, path)
}

// write fills the file and puts it in its place.
func (o *output) write(fill func(io.Writer) error) error {
	if err := fill(o.temp); err != nil {
		return err
	}
	if err := o.place(); err != nil {
		return usage(fmt.Errorf("%s %s: %w", o.flag, o.path, err))
	}
	return nil
}

func (o *output) place() error {
	if err := o.temp.Chmod(0o644); err != nil {
		return err
	}
	if err := o.temp.Close(); err != nil {
		return err
	}
	return os.Rename(o.temp.Name(), o.path)
}

// discard removes what write did not put in its place.
func (o *output) discard() {
	if o == nil {
		return
	}
	_ = o.temp.Close()
	_ = os.Remove(o.temp.Name())
}

// result is where what a command was asked for goes: to a file if a flag names
// one, to stdout otherwise.
type result struct {
	file   *output
	stdout io.Writer
}

func (r result) write(fill func(io.Writer) error) error {
	if r.file == nil {
		return fill(r.stdout)
	}
	return r.file.write(fill)
}
