package measure_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market/measure"
)

// The tables are facts: USDC/USD at Kraken by the hour, 10 to 13 March 2023, from
// its public trades; USDC/USDT at Binance by the minute on 12, 13 and 18 March
// 2023, from its public klines; and gold by the day in 2021, from a broker's feed.
const (
	usdcHours   = "usdc_usd_1h_2023-03-10.csv"
	usdcMinutes = "usdc_usdt_1m_2023-03.csv.gz"
	goldDays    = "xau_usd_2021.csv"
)

func d(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// table returns the bars of the rows whose first column begins with day. The value
// of an hour is what was traded at its average price; of a minute, flow is twice
// what takers bought less all that was traded.
func table(tb testing.TB, name, day string) []measure.Bar {
	tb.Helper()
	rows, err := read(name)
	require.NoError(tb, err)
	return bars(rows, day)
}

func read(name string) ([][]string, error) {
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(name, ".gz") {
		return csv.NewReader(bytes.NewReader(raw)).ReadAll()
	}
	in, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return csv.NewReader(in).ReadAll()
}

func bars(rows [][]string, day string) (bars []measure.Bar) {
	for _, row := range rows[1:] {
		if !strings.HasPrefix(row[0], day) {
			continue
		}
		at := func(head string) decimal.Decimal {
			if i := slices.Index(rows[0], head); i >= 0 {
				return d(row[i])
			}
			return decimal.Decimal{}
		}
		b := measure.Bar{Open: at("open"), High: at("high"), Low: at("low"), Close: at("close")}
		switch {
		case slices.Contains(rows[0], "vwap"):
			b.Value = at("vwap").Mul(at("volume_usdc"))
		case slices.Contains(rows[0], "taker_buy_usdt"):
			b.Value = at("volume_usdt")
			b.Flow = at("taker_buy_usdt").Mul(d("2")).Sub(b.Value)
		}
		bars = append(bars, b)
	}
	return bars
}

func observe(tb testing.TB, bars []measure.Bar) measure.Series {
	tb.Helper()
	s, err := measure.Observe(bars)
	require.NoError(tb, err)
	return s
}
