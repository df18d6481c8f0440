package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrInvalid is wrapped by what [Read] has to say about a file.
var ErrInvalid = errors.New("config: invalid")

// Invalid is all that is wrong with one file.
type Invalid struct {
	File     string
	Problems []string // each names field, value and rule
}

// Error returns one line for each problem.
func (e *Invalid) Error() string {
	return e.File + ": " + strings.Join(e.Problems, "\n"+e.File+": ")
}

// Unwrap returns [ErrInvalid].
func (e *Invalid) Unwrap() error { return ErrInvalid }

// DefaultYAML is the default configuration, with a comment on each key.
//
//go:embed default.yaml
var DefaultYAML []byte

// Default returns the default configuration.
func Default() (Config, error) { return Parse("default", DefaultYAML, Override{}) }

// Override wins over what a file says, where it is not empty: it is said nearer
// to where the server runs.
type Override struct {
	Listen, Metrics, DSN string
	Env                  map[string]string // see [Environment]
}

// maxFile bounds a configuration file: 256 markets need a tenth of it.
const maxFile = 1 << 20

// Read reads the file of that name, or the default for none. What is wrong with
// its content is an [Invalid].
func Read(name string, over Override) (Config, error) {
	if name == "" {
		cfg, err := Parse("default", DefaultYAML, over)
		cfg.Example = err == nil
		return cfg, err
	}
	f, err := os.Open(name)
	if err != nil {
		return Config{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Config{}, err
	}
	if len(text) > maxFile {
		return Config{}, &Invalid{name, []string{fmt.Sprintf("file: must be at most %d bytes", maxFile)}}
	}
	return Parse(name, text, over)
}

// Parse reads a configuration; name is what its errors call it.
func Parse(name string, text []byte, over Override) (Config, error) {
	said, err := decode(text)
	if err != nil {
		return Config{}, &Invalid{name, []string{name + " is not valid yaml: " + oneLine(err)}}
	}
	standard, err := decode(DefaultYAML)
	if err != nil {
		return Config{}, fmt.Errorf("default configuration: %w", err)
	}
	if over.Listen != "" {
		said.Listen = scalar{over.Listen, true}
	}
	if over.Metrics != "" {
		said.Metrics = scalar{over.Metrics, true}
	}
	if over.DSN != "" {
		if said.DB == nil {
			said.DB = &dbSection{}
		}
		said.DB.DSN = scalar{over.DSN, true}
	}
	r := reader{said: said, standard: standard, env: over.Env}
	cfg := r.config()
	if len(r.problems) > 0 {
		return Config{}, &Invalid{name, r.problems}
	}
	return cfg, nil
}

func decode(text []byte) (file, error) {
	var f file
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil && !errors.Is(err, io.EOF) { // an empty file says nothing
		return file{}, err
	}
	return f, nil
}

// ours is what the YAML package says about types that no reader of the file knows.
var ours = regexp.MustCompile(` (in type|into) config\.\w+`)

// oneLine puts what the YAML package says on several lines on one.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	return ours.ReplaceAllString(text, "")
}
