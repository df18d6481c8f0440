package outlook

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"time"
)

//go:embed data/us_funding_daily.csv
var funding []byte

// day is a row of the funding table, what is published less often carried on.
type day struct {
	date        time.Time
	sofr        int     // half basis points
	reverseRepo float64 // billions of dollars
	assets      float64 // of the Federal Reserve, millions of dollars
	dollar      float64 // index
}

// readDays reads the embedded table.
func readDays() ([]day, error) {
	rows, err := csv.NewReader(bytes.NewReader(funding)).ReadAll()
	if err != nil {
		return nil, err
	}
	var days []day
	var last day
	for i, row := range rows[1:] {
		if err := last.read(row); err != nil {
			return nil, fmt.Errorf("us_funding_daily.csv:%d: %w", i+2, err)
		}
		if last.assets > 0 { // published for the first time a day after the table begins
			days = append(days, last)
		}
	}
	return days, nil
}

// read takes a row over; an empty cell leaves what was published last.
func (d *day) read(row []string) (err error) {
	if d.date, err = time.Parse(time.DateOnly, row[0]); err != nil {
		return err
	}
	rate := 0.0
	for i, to := range []*float64{&rate, &d.reverseRepo, &d.assets, &d.dollar} {
		if row[i+1] == "" {
			continue
		}
		if *to, err = strconv.ParseFloat(row[i+1], 64); err != nil {
			return err
		}
	}
	d.sofr = 2 * int(math.Round(100*rate))
	return nil
}
