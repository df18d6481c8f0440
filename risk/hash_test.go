package risk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// whole is all that a translation is made from, with every field filled in.
type whole struct {
	In     risk.Inputs
	Sale   market.Sale
	Track  risk.Track
	Config risk.Config
}

func everything() whole {
	in := inputs()
	in.Snapshot.Conditions = market.Conditions{Volatility: dec("0.1"), SigmaTimes: dec("1"), Suspended: []market.Path{market.ByP2P}}
	f := &in.Facts
	f.Liquidity.Inputs = &score.Liquidity{SpreadBps: known("1"), DailyVolume: known("1"), IssueSize: known("1"), Days: known("1"), Sector: score.Easy}
	f.Credit = risk.Fact[score.Credit]{Evidence: evidence(), Stated: known("1"), Inputs: &score.Credit{
		Rating: "AA", Outlook: score.Stable, DebtToEBITDA: known("1"), InterestCoverage: known("1"), CurrentRatio: known("1"),
		GrowthPct: known("1"), InflationPct: known("1"), PolicyRatePct: known("1"),
	}}
	f.InterestRate.Stated = known("1")
	f.InterestRate.Inputs = &score.Rate{Duration: known("1"), Convexity: known("1"), Slope: known("1"), Options: score.NoOptions}
	f.Refinancing.Inputs = &score.Refinancing{DueShare: known("1"), Cover: known("1"), Access: score.Open}
	f.Leverage.Inputs = &score.Leverage{Debt: known("1"), EBITDA: known("1"), Interest: known("1"), Equity: known("1")}
	f.Governance.Inputs = &score.Governance{Independent: known("1"), Audit: score.Clean, Pledged: known("1"), Related: known("1"), Restatements: known("1")}
	f.Legal.Inputs = &score.Legal{Claims: known("1"), Actions: known("1"), Covenant: score.Kept}
	f.ESG.Inputs = &score.ESG{Environmental: known("1"), Social: known("1"), Governance: known("1"), Regulation: score.Exposed, Trend: score.Steady}
	c := config()
	c.Sale.Reserve = dec("1")
	return whole{
		In: in, Sale: market.Sale{Size: dec("100000"), Reserve: dec("99")}, Config: c,
		Track: risk.Track{Looks: 7, Stale: 1, Was: &risk.Reading{At: now, Index: dec("50")}, Outcomes: []risk.Outcome{outcome("a", market.ByMaker)}},
	}
}

func outcome(id string, path market.Path) risk.Outcome {
	return risk.Outcome{ID: id, Advised: market.ByMaker, Outcome: market.Outcome{
		At: now, Path: path, Size: dec("100000"), PredictedFill: dec("0.8"), PredictedMinutes: dec("15"), Filled: true, Minutes: dec("20"),
	}}
}

func (w whole) hash(t *testing.T) string {
	t.Helper()
	h, err := engineOf(t, w.Config).Hash(w.In, w.Sale, w.Track)
	require.NoError(t, err)
	return h
}

var (
	timeType    = reflect.TypeFor[time.Time]()
	decimalType = reflect.TypeFor[decimal.Decimal]()
)

// leaves calls do for every leaf of v, with its path, where it can be changed.
func leaves(path string, v reflect.Value, do func(path string, leaf reflect.Value)) {
	switch {
	case v.Type() == timeType || v.Type() == decimalType:
		do(path, v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			leaves(path+"."+v.Type().Field(i).Name, v.Field(i), do)
		}
	case v.Kind() == reflect.Pointer:
		leaves(path, v.Elem(), do)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), do)
		}
	case v.Kind() == reflect.Map:
		// Tables of the policy are changed in another way.
	default:
		do(path, v)
	}
}

// changed makes another value of a leaf, if it knows how to keep it well-formed.
func changed(leaf reflect.Value) {
	switch was := leaf.Interface().(type) {
	case time.Time:
		leaf.Set(reflect.ValueOf(was.Add(-time.Nanosecond)))
	case decimal.Decimal:
		leaf.Set(reflect.ValueOf(was.Add(decimal.New(1, -12))))
	case bool:
		leaf.SetBool(!was)
	default:
		switch leaf.Kind() {
		case reflect.String:
			leaf.SetString(leaf.String() + "x")
		case reflect.Uint64:
			leaf.SetUint(leaf.Uint() + 1)
		default:
			leaf.SetInt(leaf.Int() + 1)
		}
	}
}

// Whatever is changed in what a translation is made from, by however little, the
// hash is another.
func TestEveryInputChangesTheHash(t *testing.T) {
	t.Parallel()
	base := everything()
	was := base.hash(t)
	require.Len(t, was, 2*sha256.Size)
	require.Equal(t, was, everything().hash(t))
	engine := engineOf(t, base.Config)
	seen := map[string]string{was: "nothing"}
	count := 0
	differs := func(path, hash string) {
		require.Empty(t, seen[hash], "changing %s is like changing %s", path, seen[hash])
		seen[hash] = path
		count++
	}
	leaves("", reflect.ValueOf(&base).Elem(), func(path string, leaf reflect.Value) {
		if strings.HasPrefix(path, ".Config") {
			return
		}
		before := leaf.Interface()
		changed(leaf)
		hash, err := engine.Hash(base.In, base.Sale, base.Track)
		require.NoError(t, err, path)
		differs(path, hash)
		leaf.Set(reflect.ValueOf(before))
	})
	require.Greater(t, count, 120, "every field is filled in")
	require.Equal(t, was, base.hash(t), "and back")

	for name, drop := range map[string]func(*whole){
		"no auction":   func(w *whole) { w.In.Snapshot.Auction = nil },
		"no maker":     func(w *whole) { w.In.Snapshot.Maker = nil },
		"no fact":      func(w *whole) { w.In.Facts.Legal = risk.Fact[score.Legal]{} },
		"no turnovers": func(w *whole) { w.In.Turnovers = nil },
		"no outcomes":  func(w *whole) { w.Track.Outcomes = nil },
		"no reading":   func(w *whole) { w.Track.Was = nil },
	} {
		w := everything()
		drop(&w)
		differs(name, w.hash(t))
	}
}

// Not every change of a single number leaves a configuration well-formed, so
// those that would not are made by hand.
func TestEveryParameterChangesTheHash(t *testing.T) {
	t.Parallel()
	base := everything()
	seen := map[string]string{base.hash(t): "nothing"}
	differs := func(path string, w whole) {
		h := w.hash(t)
		require.Empty(t, seen[h], "changing %s is like changing %s", path, seen[h])
		seen[h] = path
	}
	broken := []string{}
	leaves("", reflect.ValueOf(&base.Config).Elem(), func(path string, leaf reflect.Value) {
		before := leaf.Interface()
		changed(leaf)
		if _, err := risk.New(base.Config); err == nil {
			differs(path, base)
		} else {
			broken = append(broken, path)
		}
		leaf.Set(reflect.ValueOf(before))
	})
	by := map[string]func(*risk.Config){
		".Index":               func(c *risk.Config) { c.Index = risk.Seed },
		".Policy.Strictness":   func(c *risk.Config) { c.Policy.Strictness = market.SeedCompatible },
		".Policy.Ranking":      func(c *risk.Config) { c.Policy.Ranking = market.RankBySeed },
		".Policy.RFQ.Zone":     func(c *risk.Config) { c.Policy.RFQ.Zone = "Asia/Kolkata" },
		".Policy.RFQ.Opens[0]": func(c *risk.Config) { c.Policy.RFQ.Opens = []string{"10:01"} },
		".Policy.AssumedTenor": func(c *risk.Config) { c.Policy.AssumedTenor = "1-3Y" },
		".Weights.Liquidity, .Weights.Credit": func(c *risk.Config) {
			c.Weights.Liquidity, c.Weights.Credit = dec("0.26"), dec("0.24")
		},
		".Weights.InterestRate, .Weights.Refinancing": func(c *risk.Config) {
			c.Weights.InterestRate, c.Weights.Refinancing = dec("0.16"), dec("0.09")
		},
		".Weights.Leverage, .Weights.Governance": func(c *risk.Config) {
			c.Weights.Leverage, c.Weights.Governance = dec("0.11"), dec("0.04")
		},
		".Weights.Legal, .Weights.ESG": func(c *risk.Config) { c.Weights.Legal, c.Weights.ESG = dec("0.06"), dec("0.04") },
		".Parameters.Weights.Cost, .Parameters.Weights.Depth": func(c *risk.Config) {
			c.Parameters.Weights.Cost, c.Parameters.Weights.Depth = dec("0.31"), dec("0.24")
		},
		".Parameters.Weights.Activity, .Parameters.Weights.Turnover": func(c *risk.Config) {
			c.Parameters.Weights.Activity, c.Parameters.Weights.Turnover = dec("0.26"), dec("0.19")
		},
		".Policy.RatingCaps":   func(c *risk.Config) { c.Policy.RatingCaps["AA"] = market.Caps{Maker: dec("1")} },
		".Policy.IssuerLimits": func(c *risk.Config) { c.Policy.IssuerLimits["psu"] = market.Caps{RFQ: dec("1")} },
		".Policy.Tenors":       func(c *risk.Config) { c.Policy.Tenors["10Y+"] = nil },
	}
	handled := strings.Builder{}
	for path, change := range by {
		w := everything()
		change(&w.Config)
		differs(path, w)
		handled.WriteString(path + " ")
	}
	for _, path := range broken {
		require.Contains(t, handled.String(), path, "a parameter that no case changes")
	}
}

func TestTheHashDependsOnInstantsAndNotOnZones(t *testing.T) {
	t.Parallel()
	base := everything()
	was := base.hash(t)
	kolkata := time.FixedZone("IST", 5*3600+1800)
	leaves("", reflect.ValueOf(&base).Elem(), func(_ string, leaf reflect.Value) {
		if at, ok := leaf.Interface().(time.Time); ok {
			leaf.Set(reflect.ValueOf(at.In(kolkata)))
		}
	})
	require.Equal(t, was, base.hash(t))
	require.Equal(t, kolkata, base.In.Snapshot.Auction.At.Location(), "the caller's inputs stay as they are")
	require.Equal(t, kolkata, base.Track.Outcomes[0].At.Location())
}

func TestTheHashDoesNotDependOnHowADecimalIsWritten(t *testing.T) {
	t.Parallel()
	w := everything()
	was := w.hash(t)
	w.In.Snapshot.Book.Bid = dec("100.500")
	w.In.Snapshot.Book.Volume = dec("1e7")
	require.Equal(t, was, w.hash(t))
}

func TestTheHashSurvivesTheJournal(t *testing.T) {
	t.Parallel()
	w := everything()
	text, err := json.Marshal(w)
	require.NoError(t, err)
	var stored whole
	require.NoError(t, json.Unmarshal(text, &stored))
	require.Equal(t, w.hash(t), stored.hash(t))
}

// Anybody can work the hash out from what is documented.
func TestCanonicalIsWhatItSays(t *testing.T) {
	t.Parallel()
	w := everything()
	e := engineOf(t, w.Config)
	text, err := e.Canonical(w.In, w.Sale, w.Track)
	require.NoError(t, err)
	sum := sha256.Sum256([]byte("evenkeel.risk.translation/2\n" + string(text)))
	require.Equal(t, hex.EncodeToString(sum[:]), w.hash(t))
	require.True(t, strings.HasPrefix(string(text), `{"config":{"drop":"10",`), "%.60s", text)
	for _, want := range []string{`"bid":"100.5"`, `"now":"2026-03-02T09:00:00Z"`, `"last_trade_age_ns":300000000000`, `"models":{`, `"trials":20`} {
		require.Contains(t, strings.ReplaceAll(string(text), "prior_trials", "trials"), want)
	}
	require.NotContains(t, string(text), "\n")
	keysSorted(t, json.NewDecoder(strings.NewReader(string(text))))

	tr, err := e.Translate(w.In, w.Sale, w.Track)
	require.NoError(t, err)
	require.Equal(t, w.hash(t), tr.Hash)
}

// keysSorted reads one value.
func keysSorted(t *testing.T, d *json.Decoder) {
	t.Helper()
	token, err := d.Token()
	require.NoError(t, err)
	last := ""
	for open := token; d.More() && (open == json.Delim('{') || open == json.Delim('[')); {
		if open == json.Delim('{') {
			key, err := d.Token()
			require.NoError(t, err)
			name, ok := key.(string)
			require.True(t, ok)
			require.Greater(t, name, last)
			last = name
		}
		keysSorted(t, d)
	}
	if token == json.Delim('{') || token == json.Delim('[') {
		_, err := d.Token()
		require.NoError(t, err)
	}
}
