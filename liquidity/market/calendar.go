package market

import (
	"fmt"
	"slices"
	"time"
)

// Calendar says when windows open. It is read in its zone, so that 10:00 stays
// 10:00 when the clocks change; an opening that a change of the clocks skips is
// as late as [time.Date] makes it.
type Calendar struct {
	Zone     string         `json:"zone" yaml:"zone"`         // IANA name such as "Asia/Kolkata"; empty is UTC
	Opens    []string       `json:"opens" yaml:"opens"`       // times of day such as "10:00", 1 to 96
	Closed   []time.Weekday `json:"closed" yaml:"closed"`     // 0 is Sunday
	Holidays []string       `json:"holidays" yaml:"holidays"` // dates such as "2026-01-26", up to 1,000
}

const (
	maxOpens   = 96
	maxDaysOff = 366 // in a row, before we say that it never opens
)

func (c Calendar) clone() Calendar {
	c.Opens, c.Closed, c.Holidays = slices.Clone(c.Opens), slices.Clone(c.Closed), slices.Clone(c.Holidays)
	return c
}

// schedule is a calendar that was read.
type schedule struct {
	zone     *time.Location
	opens    []time.Time // of some day, in order
	closed   [7]bool
	holidays map[string]bool
}

// read validates a calendar and looks its zone up: the one time that the host's
// time zones are consulted.
func (c Calendar) read() (schedule, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return schedule{}, fmt.Errorf("%w: RFQ.Zone %.64q: must be known: %w", ErrInvalid, c.Zone, err)
	}
	if err := check(
		rule{len(c.Opens) >= 1 && len(c.Opens) <= maxOpens, "RFQ.Opens", len(c.Opens), "must have 1 to 96 entries"},
		rule{len(c.Closed) < 7, "RFQ.Closed", len(c.Closed), "must leave a day"},
		rule{len(c.Holidays) <= maxEntries, "RFQ.Holidays", len(c.Holidays), "must have at most 1000 entries"},
	); err != nil {
		return schedule{}, err
	}
	s := schedule{zone: zone, holidays: make(map[string]bool, len(c.Holidays))}
	for i, text := range c.Opens {
		at, err := time.Parse("15:04", text)
		if err != nil {
			return schedule{}, invalid(fmt.Sprintf("RFQ.Opens[%d]", i), text, `must be a time such as "10:00"`)
		}
		s.opens = append(s.opens, at)
	}
	slices.SortFunc(s.opens, time.Time.Compare)
	for i, d := range c.Closed {
		if d < time.Sunday || d > time.Saturday {
			return schedule{}, invalid(fmt.Sprintf("RFQ.Closed[%d]", i), int(d), "must be 0 to 6")
		}
		s.closed[d] = true
	}
	for i, text := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return schedule{}, invalid(fmt.Sprintf("RFQ.Holidays[%d]", i), text, `must be a date such as "2026-01-26"`)
		}
		s.holidays[text] = true
	}
	return s, nil
}

// next returns the first opening after t, in UTC, and false if there is none
// within a year.
func (s schedule) next(t time.Time) (time.Time, bool) {
	local := t.In(s.zone)
	for off := range maxDaysOff {
		for _, at := range s.opens {
			open := time.Date(local.Year(), local.Month(), local.Day()+off, at.Hour(), at.Minute(), 0, 0, s.zone)
			if s.closed[open.Weekday()] || s.holidays[open.Format(time.DateOnly)] {
				break
			}
			if open.After(t) {
				return open.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
