package sql

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// line is what is left to read of a line of text: words with a space between
// them, and at its end a quoted string. After an error it reads on, to nothing.
type line struct {
	rest string
	err  error
}

func (l *line) fail(err error) {
	if l.err == nil {
		l.err = fmt.Errorf("sql: %w", err)
	}
}

// word reads up to the next space.
func (l *line) word() string {
	word, rest, _ := strings.Cut(l.rest, " ")
	l.rest = rest
	return word
}

func (l *line) integer() int64 {
	n, err := strconv.ParseInt(l.word(), 10, 64)
	if err != nil {
		l.fail(err)
	}
	return n
}

func (l *line) decimal() decimal.Decimal {
	d, err := decimal.NewFromString(l.word())
	if err != nil {
		l.fail(err)
	}
	return d
}

// quoted reads what is left.
func (l *line) quoted() string {
	s, err := strconv.Unquote(strings.TrimSuffix(l.rest, "\n"))
	if err != nil {
		l.fail(fmt.Errorf("%w: %q", err, l.rest))
	}
	return s
}
