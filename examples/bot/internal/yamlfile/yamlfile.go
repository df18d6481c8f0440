// Package yamlfile reads configurations strictly: a key that nobody knows and a
// value that breaks its rule are errors, and all of them are told at once.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is more than a file has.
const MaxBytes = 1 << 20

// Decode reads YAML into f, a struct whose values are text, so that a number is
// read as it was written and "left out" is not 0. Errors wrap kind and begin with
// name; sample is the file in which every key is explained.
func Decode(r io.Reader, f any, kind error, name, sample string) error {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(text) > MaxBytes {
		err = fmt.Errorf("%w: %s: must have at most %d bytes", kind, name, MaxBytes)
	}
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(f); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %s: %s", kind, name, plain(err, sample))
	}
	return nil
}

// Wrap returns every line of err as an error of that kind and file.
func Wrap(err, kind error, name string) error {
	return fmt.Errorf("%w: %s: %s", kind, name, strings.ReplaceAll(err.Error(), "\n", fmt.Sprintf("\n%v: %s: ", kind, name)))
}

var (
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	intoType   = regexp.MustCompile(` into \S+$`)
)

// plain says what is wrong with YAML without our own types.
func plain(err error, sample string) string {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	text := unknownKey.ReplaceAllString(wrong.Errors[0], `$1: must be one of the keys of `+sample)
	return intoType.ReplaceAllString(text, ": must be one value, or keys where there are some")
}
