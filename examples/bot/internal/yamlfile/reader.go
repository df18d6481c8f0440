package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Reader turns the texts of a file into values and notes what is wrong. The zero
// Reader is ready to use.
type Reader struct{ wrong []error }

// Err returns all that is wrong, a line each, or nil.
func (r *Reader) Err() error { return errors.Join(r.wrong...) }

// Must notes that a value breaks its rule unless ok.
func (r *Reader) Must(ok bool, field string, value any, rule string) {
	if !ok {
		r.wrong = append(r.wrong, fmt.Errorf("%s %q: %s", field, clip(fmt.Sprint(value)), rule))
	}
}

// Blame notes the error of another package, of that kind, under the name that the
// field has here: without what that package has before it, and below under.
func (r *Reader) Blame(err, kind error, before, under string) {
	if err == nil {
		return
	}
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), kind.Error()+": "), before)
	field, rest, _ := strings.Cut(text, " ")
	r.wrong = append(r.wrong, errors.New(under+small(field)+" "+rest))
}

// small writes Band.WidenBy as band.widen_by.
func small(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 && name[i-1] != '.' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Pair reads BASE/QUOTE.
func (r *Reader) Pair(field, text string) exchange.Pair {
	p, err := exchange.ParsePair(text)
	r.Must(err == nil, field, text, "must be BASE/QUOTE")
	return p
}

// plainNumber has no exponent, which could make it enormous.
var plainNumber = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

// Number reads a number, and standard where nothing is said.
func (r *Reader) Number(field, text, standard string) decimal.Decimal {
	text = cmp.Or(text, standard)
	d, err := decimal.NewFromString(text)
	ok := err == nil && plainNumber.MatchString(text)
	r.Must(ok, field, text, "must be a plain number, below 1e18 with at most 18 decimals")
	if !ok {
		return decimal.Zero
	}
	return d
}

// Duration reads a time, and standard where nothing is said.
func (r *Reader) Duration(field, text string, standard time.Duration) time.Duration {
	if text == "" {
		return standard
	}
	d, err := time.ParseDuration(text)
	r.Must(err == nil && d >= 0, field, text, "must be a time such as 30s or 5m")
	return d
}

// Count reads a whole number, and standard where nothing is said.
func (r *Reader) Count(field, text string, standard int) int {
	if text == "" {
		return standard
	}
	n, err := strconv.Atoi(text)
	r.Must(err == nil, field, text, "must be a whole number")
	return n
}

// Yes reads true or false, and standard where nothing is said.
func (r *Reader) Yes(field, text string, standard bool) bool {
	if text == "" {
		return standard
	}
	r.Must(text == "true" || text == "false", field, text, "must be true or false")
	return text == "true"
}

// clip keeps a value short.
func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
