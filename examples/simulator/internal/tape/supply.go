package tape

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Supply is how much of a stablecoin there was, day by day and without gaps. What
// it changes by in a day is net issuance or redemption. Immutable by convention.
type Supply struct {
	Asset  string
	Source string // whose facts these are
	Days   []Day  // at least two
}

// Day is one day of a [Supply].
type Day struct {
	Start  time.Time       // midnight UTC
	Low    decimal.Decimal // the lowest price, USD
	Supply decimal.Decimal // units at its end, > 0
}

//go:embed data/stablecoins_daily.csv
var stablecoins []byte

// Stablecoin returns the supply of USDC, USDT or DAI in 2022 and 2023, or of UST
// to June 2022; of anything else an [Error].
func Stablecoin(asset string) (Supply, error) {
	const file = "stablecoins_daily.csv"
	s := Supply{Asset: asset, Source: "CoinMarketCap daily, 2022-2023"}
	rows, err := csv.NewReader(bytes.NewReader(stablecoins)).ReadAll()
	if err != nil {
		return Supply{}, malformed(file, err)
	}
	for i, row := range rows[1:] {
		if row[1] != asset {
			continue
		}
		day, err := readDay(row)
		if err != nil {
			return Supply{}, fmt.Errorf("%s:%d: %w", file, i+2, err)
		}
		if n := len(s.Days); n > 0 && !day.Start.Equal(s.Days[n-1].Start.AddDate(0, 0, 1)) {
			return Supply{}, &Error{File: file, Line: i + 2, Column: "date", Value: row[0], Rule: "must be the day after the row before"}
		}
		s.Days = append(s.Days, day)
	}
	if len(s.Days) < 2 {
		return Supply{}, &Error{File: file, Column: "asset", Value: asset, Rule: "must have at least two rows"}
	}
	return s, nil
}

// readDay reads date, asset, close, low and supply.
func readDay(row []string) (d Day, err error) {
	if d.Start, err = time.Parse(time.DateOnly, row[0]); err != nil {
		return d, err
	}
	if d.Low, err = decimal.NewFromString(row[3]); err != nil {
		return d, err
	}
	d.Supply, err = decimal.NewFromString(row[4])
	return d, err
}
