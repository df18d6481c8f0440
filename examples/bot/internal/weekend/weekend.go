// Package weekend is two days of a real market, minute by minute: USDC/USDT at
// Binance on 12 and 13 March 2023, when USDC came back to its peg.
package weekend

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// Source says whose facts these are.
const Source = "Binance public klines of USDC/USDT, 12 and 13 March 2023"

// Pair is what was traded.
var Pair = exchange.Pair{Base: "USDC", Quote: "USDT"}

// Minute is what the market did in one minute.
type Minute struct {
	Start                  time.Time       // UTC
	Open, High, Low, Close decimal.Decimal // Quote per Base
	Sold                   decimal.Decimal // Quote for which sellers took bids
	Bought                 decimal.Decimal // Quote for which buyers took asks
}

//go:embed data/usdc_usdt_1m_2023-03-12.csv
var table []byte

// Minutes returns all 2,880 of them, in order and without gaps.
func Minutes() ([]Minute, error) {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("weekend: %w", err)
	}
	minutes := make([]Minute, 0, len(rows))
	for i, row := range rows[1:] {
		m, err := read(row)
		if err == nil && i > 0 && !m.Start.Equal(minutes[i-1].Start.Add(time.Minute)) {
			err = fmt.Errorf("time %q: must be a minute after the row before", row[0])
		}
		if err != nil {
			return nil, fmt.Errorf("weekend: line %d: %w", i+2, err)
		}
		minutes = append(minutes, m)
	}
	return minutes, nil
}

func read(row []string) (Minute, error) {
	var m Minute
	var all decimal.Decimal
	errs := make([]error, 7)
	m.Start, errs[0] = time.Parse("2006-01-02T15:04Z", row[0])
	for i, number := range []*decimal.Decimal{&m.Open, &m.High, &m.Low, &m.Close, &all, &m.Bought} {
		*number, errs[i+1] = decimal.NewFromString(row[i+1])
	}
	m.Sold = all.Sub(m.Bought)
	return m, errors.Join(errs...)
}

// Market returns rules for the pair, with a fee for makers and takers alike. The
// tick is that of the prices; that a lot is one USDC and the smallest order 10
// USDT is assumed.
func Market(feeBps decimal.Decimal) exchange.Market {
	return exchange.Market{
		Pair: Pair, Tick: decimal.New(1, -4), Lot: decimal.New(1, 0), MinNotional: decimal.New(10, 0),
		MakerFeeBps: feeBps, TakerFeeBps: feeBps,
	}
}
