package api

import (
	"fmt"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"
)

// Decimal is an exact number as a JSON string, such as "1250000.00": at most 18
// digits before the point and 18 after it. What it is for may be > 0 or less, its
// operation says.
type Decimal decimal.Decimal

var exact = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$`)

const exactly = `a decimal such as "1250000.00", with at most 18 digits and 18 decimals and no exponent`

// Schema implements huma.SchemaProvider.
func (Decimal) Schema(huma.Registry) *huma.Schema {
	return text(exact, exactly, "1250000.00", "")
}

// MarshalText implements encoding.TextMarshaler.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(decimal.Decimal(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Decimal) UnmarshalText(said []byte) error {
	if !exact.Match(said) {
		return fmt.Errorf("must be %s", exactly)
	}
	parsed, err := decimal.NewFromString(string(said))
	*d = Decimal(parsed)
	return err
}

// Time is an instant as RFC 3339 in UTC, such as "2026-03-01T12:00:00Z".
type Time time.Time

var utc = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$`)

const inUTC = `an RFC 3339 time in UTC such as "2026-03-01T12:00:00Z"`

// Schema implements huma.SchemaProvider.
func (Time) Schema(huma.Registry) *huma.Schema {
	return text(utc, inUTC, "2026-03-01T12:00:00Z", "date-time")
}

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(time.RFC3339Nano)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Time) UnmarshalText(said []byte) error {
	parsed, err := time.Parse(time.RFC3339Nano, string(said))
	if err != nil || !utc.Match(said) {
		return fmt.Errorf("must be %s", inUTC)
	}
	*t = Time(parsed)
	return nil
}

// Duration is a length of time as Go writes it, such as "1h30m0s".
type Duration time.Duration

var spans = regexp.MustCompile(`^-?([0-9]{1,9}(\.[0-9]{1,9})?(h|m|s|ms|us|µs|ns)){1,6}$`)

const asInGo = `a duration such as "90s" or "1h30m"`

// Schema implements huma.SchemaProvider.
func (Duration) Schema(huma.Registry) *huma.Schema { return text(spans, asInGo, "1h30m0s", "") }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(said []byte) error {
	parsed, err := time.ParseDuration(string(said))
	if err != nil || !spans.Match(said) {
		return fmt.Errorf("must be %s", asInGo)
	}
	*d = Duration(parsed)
	return nil
}

// text describes what is written as a string of a pattern.
func text(pattern *regexp.Regexp, words, example, format string) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Format: format, Description: words,
		Pattern: pattern.String(), PatternDescription: words, Examples: []any{example},
	}
}
