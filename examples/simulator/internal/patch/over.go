package patch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Of is the patch of fields that another reader has taken from a file.
func Of(source string, fields map[string]any) Patch { return Patch{source, fields} }

// Over returns base with what the patches say otherwise, one after the other:
// mappings are merged, all else is replaced (RFC 7396, JSON merge patch, but for
// null). Names are those of T's JSON, to the letter. A field that T does not have,
// or a value that it cannot be, is [ErrInvalid].
func Over[T any](base T, patches ...Patch) (T, error) {
	for _, p := range patches {
		patched, err := over(base, p)
		if err != nil {
			return base, fmt.Errorf("%w: %s: %s", ErrInvalid, p.source, strings.TrimPrefix(err.Error(), "json: "))
		}
		base = patched
	}
	return base, nil
}

func over[T any](base T, p Patch) (T, error) {
	var fields map[string]any
	var patched T
	text, err := json.Marshal(base)
	if err != nil {
		return base, err
	}
	if err := decode(text, &fields); err != nil {
		return base, err
	}
	if err := merge(fields, p.fields, ""); err != nil {
		return base, err
	}
	if text, err = json.Marshal(fields); err != nil {
		return base, err
	}
	return patched, decode(text, &patched)
}

func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	return decoder.Decode(into)
}

func merge(into, from map[string]any, at string) error {
	for key, value := range from {
		for there := range into {
			// The decoder would take either for the other, and one would be lost.
			if there != key && strings.EqualFold(there, key) {
				return fmt.Errorf("%s%s: must be written %s", at, key, there)
			}
		}
		inner, isMap := value.(map[string]any)
		old, wasMap := into[key].(map[string]any)
		if !isMap || !wasMap {
			into[key] = value
			continue
		}
		if err := merge(old, inner, at+key+"."); err != nil {
			return err
		}
	}
	return nil
}
