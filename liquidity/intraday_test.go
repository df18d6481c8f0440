package liquidity_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// clock is a time of the day on which the bank opens at eight.
func clock(hour, minute int) time.Time { return time.Date(2026, 3, 2, hour, minute, 0, 0, time.UTC) }

func entry(at time.Time, amount string) liquidity.Entry {
	return liquidity.Entry{At: at, Amount: dec(amount)}
}

// A bank is 130 down at its worst, just before it is paid, and ends the day 20 up.
// Of three timed obligations one is late and one is never paid.
func TestMonitorADay(t *testing.T) {
	timed := entry(clock(9, 30), "-30")
	timed.Due = clock(10, 0)
	late := entry(clock(11, 30), "-40")
	late.Due = clock(11, 0)
	never := liquidity.Entry{Amount: dec("-7"), Due: clock(11, 0)}
	customer := entry(clock(8, 10), "-20")
	customer.Customer = true
	d, err := liquidity.Monitor(liquidity.Sources{Reserves: dec("100"), CreditLines: dec("50")}, clock(8, 0), clock(12, 0), []liquidity.Entry{
		entry(clock(11, 45), "150"), late, timed, customer, entry(clock(8, 20), "-40"), never,
		entry(clock(11, 0), "-10"), entry(clock(11, 0), "10"), // of the same instant: no usage of 100
	})
	require.NoError(t, err)
	want := liquidity.Intraday{
		Opening: liquidity.Sources{Reserves: dec("100"), CreditLines: dec("50")}, Available: dec("150"),
		MaxUsage: dec("130"), MaxUsageAt: clock(11, 30), MaxSurplus: dec("20"), Paid: dec("140"), Received: dec("160"), ForCustomer: dec("20"),
		Specific: liquidity.Obligations{Count: 3, Missed: 2, Value: dec("77"), MissedValue: dec("47")},
		Throughput: []liquidity.Hour{
			{Until: clock(9, 0), Part: dec("0.4286")},
			{Until: clock(10, 0), Part: dec("0.6429")},
			{Until: clock(11, 0), Part: dec("0.6429")},
			{Until: clock(12, 0), Part: dec("1")},
		},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestADayWithoutPayments(t *testing.T) {
	d, err := liquidity.Monitor(liquidity.Sources{}, clock(8, 0), clock(9, 30), nil)
	require.NoError(t, err)
	require.True(t, d.MaxUsage.IsZero())
	require.Len(t, d.Throughput, 1)
	require.True(t, d.Throughput[0].Part.IsZero())
}

func TestAMonth(t *testing.T) {
	var days []liquidity.Intraday
	for _, usage := range []string{"5", "9", "1", "9", "7", "0"} {
		days = append(days, liquidity.Intraday{MaxUsage: dec(usage)})
	}
	p := liquidity.Over(days)
	require.Equal(t, "[9 9 7]", "["+p.Top[0].String()+" "+p.Top[1].String()+" "+p.Top[2].String()+"]")
	require.Equal(t, "5.1667", p.Mean.String())
	require.Len(t, liquidity.Over(days[:1]).Top, 1)
	require.Empty(t, liquidity.Over(nil).Top)
}

func TestLinesToCustomers(t *testing.T) {
	peak, err := liquidity.Lines([]liquidity.Entry{entry(clock(9, 0), "30"), entry(clock(10, 0), "-30"), entry(clock(11, 0), "20"), entry(clock(12, 0), "15")})
	require.NoError(t, err)
	require.Equal(t, "35", peak.String())
}

func TestMonitorRefusesWhatIsMalformed(t *testing.T) {
	for field, c := range map[string]struct {
		sources liquidity.Sources
		closes  time.Time
		entry   liquidity.Entry
	}{
		"Sources.Systems": {liquidity.Sources{Systems: dec("-1")}, clock(9, 0), entry(clock(8, 0), "1")},
		"closes":          {liquidity.Sources{}, clock(7, 59), entry(clock(8, 0), "1")},
		"Entry.Amount":    {liquidity.Sources{}, clock(9, 0), entry(clock(8, 0), "0")},
		"Entry.Due":       {liquidity.Sources{}, clock(9, 0), liquidity.Entry{At: clock(8, 0), Amount: dec("1"), Due: clock(9, 0)}},
		"Entry.At":        {liquidity.Sources{}, clock(9, 0), liquidity.Entry{Amount: dec("1")}},
	} {
		_, err := liquidity.Monitor(c.sources, clock(8, 0), c.closes, []liquidity.Entry{c.entry})
		require.ErrorIs(t, err, liquidity.ErrInvalid)
		require.ErrorContains(t, err, field)
	}
}
