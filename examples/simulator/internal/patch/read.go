package patch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ErrInvalid is what cannot be read or does not fit. The message says where.
var ErrInvalid = errors.New("not usable")

// The bounds of a file.
const (
	maxBytes = 1 << 20
	maxDepth = 32
)

// Patch is what a file says. The zero value says nothing.
type Patch struct {
	source string
	fields map[string]any // of maps, lists, strings, booleans and json.Number
}

// Read reads one YAML document, a mapping. Numbers keep the digits they are
// written with. Aliases, duplicate keys and keys without a value are [ErrInvalid].
func Read(source string, r io.Reader) (Patch, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return Patch{}, fmt.Errorf("%w: %s: %w", ErrInvalid, source, err)
	}
	if len(text) > maxBytes {
		return Patch{}, fmt.Errorf("%w: %s: must have at most %d bytes", ErrInvalid, source, maxBytes)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, more yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return Patch{}, fmt.Errorf("%w: %s: %s", ErrInvalid, source, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return Patch{}, fmt.Errorf("%w: %s: must be one document", ErrInvalid, source)
	}
	p := Patch{source: source}
	read, err := p.value(document.Content[0], 0)
	if err != nil {
		return Patch{}, err
	}
	fields, ok := read.(map[string]any)
	if !ok {
		return Patch{}, p.wrong(document.Content[0], "must be keys with values")
	}
	p.fields = fields
	return p, nil
}

// Set is a patch of one field, from "income.turnover=0.04".
func Set(assignment string) (Patch, error) {
	path, value, found := strings.Cut(assignment, "=")
	keys := strings.Split(path, ".")
	if !found || len(keys) > maxDepth {
		return Patch{}, fmt.Errorf("%w: %.64q: must be field=value, such as income.turnover=0.04", ErrInvalid, assignment)
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(value), &node); err != nil || len(node.Content) != 1 || node.Content[0].Kind != yaml.ScalarNode {
		return Patch{}, fmt.Errorf("%w: %s: value %.64q: must be a number or a word", ErrInvalid, path, value)
	}
	p := Patch{source: path}
	read, err := p.value(node.Content[0], 0)
	if err != nil {
		return Patch{}, err
	}
	for i := len(keys) - 1; i >= 0; i-- {
		read = map[string]any{keys[i]: read}
	}
	p.fields, _ = read.(map[string]any)
	return p, nil
}

func (p Patch) value(n *yaml.Node, depth int) (any, error) {
	switch {
	case depth > maxDepth:
		return nil, p.wrong(n, "must not be nested so deep")
	case n.Kind == yaml.MappingNode:
		return p.mapping(n, depth)
	case n.Kind == yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = p.value(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case n.Kind == yaml.ScalarNode:
		return p.scalar(n)
	}
	return nil, p.wrong(n, "must not be an alias")
}

func (p Patch) mapping(n *yaml.Node, depth int) (any, error) {
	fields := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			return nil, p.wrong(key, "must be a plain key")
		}
		for there := range fields {
			if strings.EqualFold(there, key.Value) {
				return nil, p.wrong(key, fmt.Sprintf("%q stands there twice", key.Value))
			}
		}
		value, err := p.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		fields[key.Value] = value
	}
	return fields, nil
}

func (p Patch) scalar(n *yaml.Node) (any, error) {
	switch n.Tag {
	case "!!str":
		return n.Value, nil
	case "!!timestamp": // a date is text to us
		return n.Value, nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true"), nil
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value), nil
		}
		return nil, p.wrong(n, fmt.Sprintf("%.64q: must be a plain decimal number", n.Value))
	case "!!null":
		return nil, p.wrong(n, "must have a value")
	}
	return nil, p.wrong(n, fmt.Sprintf("%.64q: must be a number, a word or a truth", n.Value))
}

func (p Patch) wrong(n *yaml.Node, must string) error {
	return fmt.Errorf("%w: %s:%d: %s", ErrInvalid, p.source, n.Line, must)
}
