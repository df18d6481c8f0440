package rest_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// forbidden are the names that no role but those of an audit or of a desk may find
// anywhere in an answer.
var forbidden = map[string][]string{
	"rosa": {
		"mm_state", "mm_inventory_band", "mm_online", "mm_min_spread_bps", "quotes_last_24h", "last_quote_spread_bps", "inventory", "low_inventory",
		"professional_summary", "model_governance", "audit", "record", "canonical", "components", "citations", "model_versions",
	},
	"fred": {"model_governance", "audit", "record", "canonical", "mm_min_spread_bps"},
	"rita": {"record", "canonical", "mm_min_spread_bps"},
	"cora": {"record", "canonical", "mm_min_spread_bps", "model_governance"},
}

// held is what the maker wants to hold: nothing else is as much. shown finds it as a
// number of its own, not in the fraction of another one nor in a hash, where chance
// puts it.
var (
	held  = []string{"512345", "1023456", "2034567"}
	shown = regexp.MustCompile(`(^|[^\w.])(512,?345|1,?023,?456|2,?034,?567)(\W|$)`)
)

func TestAHeldAmountIsFoundHoweverItIsWritten(t *testing.T) {
	for _, text := range []string{"512345", `[512345,1023456]`, `"512345.00"`, "holds 512,345.", "holds 2,034,567, and more"} {
		require.Regexp(t, shown, text)
	}
	for _, text := range []string{"113083.512345", "2512345", "5123456", `"ab512345cd"`, `"512345cd"`} {
		require.NotRegexp(t, shown, text)
	}
}

// keys adds all names at any depth.
func keys(v any, found map[string]bool) {
	switch in := v.(type) {
	case map[string]any:
		for name, sub := range in {
			found[name] = true
			keys(sub, found)
		}
	case []any:
		for _, sub := range in {
			keys(sub, found)
		}
	}
}

func TestNobodyIsShownWhatHisRoleMayNotSee(t *testing.T) {
	r := open(t)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		isin := fmt.Sprintf("IN00%08d", n)
		r.wait(10 * time.Minute) // for the limits
		now := r.clock.Now()
		cents := func(from, to int, label string) string {
			return fmt.Sprintf("%.2f", float64(rapid.IntRange(from, to).Draw(t, label))/100)
		}
		r.Ask("core", "POST /microstructure", items(book(isin, cents(9000, 10000, "bid"), cents(10000, 11000, "ask"), now))).Is(200)
		tell := func(what, body string) {
			if rapid.Bool().Draw(t, what) {
				r.Ask("core", "POST /"+what, items(body)).Is(200)
			}
		}
		online := rapid.SampledFrom([]string{"true", "false"}).Draw(t, "online")
		tell("auctions", auction(isin, now))
		tell("makers", strings.NewReplacer("true", online, "[500000,1000000,2000000]", "["+strings.Join(held, ",")+"]").Replace(maker(isin, now)))
		tell("bonds", metadata(isin, now))
		tell("risks", risks(isin, now))
		size := rapid.SampledFrom([]string{"", "&trade_size=1", "&trade_size=900000", "&trade_size=100000000"}).Draw(t, "size")
		for _, who := range slices.Sorted(maps.Keys(forbidden)) {
			names := forbidden[who]
			detail := rapid.SampledFrom([]string{"summary", "full"}).Draw(t, "detail")
			answer := r.Ask(who, "GET /"+isin+"?detail="+detail+size, "")
			unsure := []string{"caveats", "inputs_hash", "confidence_overall", "overall_range"}
			if rapid.Bool().Draw(t, "together") {
				answer = r.Ask(who, "POST /portfolio?detail="+detail, holdings(holds(isin, "3000000")))
				unsure = unsure[:3] // it has no score
			}
			if who == "rosa" && detail == "full" {
				answer.Refused(403, "forbidden", "retail")
				continue
			}
			found := map[string]bool{}
			keys(map[string]any(answer.Is(200)), found)
			for _, name := range names {
				require.Falsef(t, found[name], "%s is shown %s", who, name)
			}
			for _, name := range unsure {
				require.Truef(t, found[name], "%s is not shown %s", who, name)
			}
			if who == "rosa" {
				require.NotRegexp(t, shown, answer.Text, "the maker's inventory")
			}
		}
	})
	for _, entry := range r.logs.All() {
		text := fmt.Sprint(entry.Message, entry.ContextMap())
		for _, name := range forbidden["rosa"] {
			require.NotContains(t, text, name)
		}
		require.NotRegexp(t, shown, text)
	}
}
