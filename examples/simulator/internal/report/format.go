package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

const (
	dayHour   = "Mon 02 15:04"
	dayMinute = "Mon 2 Jan 15:04:05"
)

func price(d decimal.Decimal) string { return d.StringFixed(4) }

func bps(d decimal.Decimal) string {
	if d.IsPositive() {
		return "+" + d.StringFixed(1)
	}
	return d.StringFixed(1)
}

// moment writes a time that may never have come.
func moment(t *time.Time) string {
	if t == nil {
		return "never"
	}
	return t.Format(dayMinute) + " UTC"
}

// span writes minutes as people say them.
func span(minutes decimal.Decimal) string {
	const hour = 60
	switch m := minutes.Round(0).IntPart(); {
	case minutes.LessThan(decimal.New(10, 0)):
		return minutes.StringFixed(1) + " minutes"
	case m < 2*hour:
		return fmt.Sprintf("%d minutes", m)
	default:
		return fmt.Sprintf("%d hours", (m+hour/2)/hour)
	}
}

// words turns a reason into what it reads like: flash_drain, "flash drain".
func words(reason string) string { return strings.ReplaceAll(reason, "_", " ") }

// wrap breaks text into lines of at most width columns, all but the first
// indented; the first begins at the indent already.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i > 0 && column+1+size > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += size
	}
	return b.String()
}
