package page_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

// Where what the real translator says is kept.
const (
	bodies   = "../translator/rest/testdata/"
	views    = "../../../../risk/testdata/view/"
	payloads = "../../../../risk/testdata/payload/"
)

// What it says of one instrument, to each role.
var (
	shortBodies = []string{bodies + "retail.json", bodies + "size.json", bodies + "unsure_retail.json", views + "summary_retail.json"}
	fullBodies  = []string{bodies + "professional.json", bodies + "unsure_professional.json", views + "full_professional.json"}
)

// names adds the name of every field in v, with those that it is in before it.
func names(v any, in string, to map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			to[in+name] = true
			names(value, in+name+".", to)
		}
	case []any:
		for _, item := range v {
			names(item, in, to)
		}
	}
}

// namesIn returns those of a JSON text.
func namesIn(t *testing.T, text []byte) map[string]bool {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	found := map[string]bool{}
	names(v, "", found)
	require.NotEmpty(t, found)
	return found
}

// namesOf returns those of something that is sent as JSON.
func namesOf(t *testing.T, v any) map[string]bool {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return namesIn(t, text)
}

// namesKept returns those of files of the real one.
func namesKept(t *testing.T, files ...string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		maps.Copy(all, namesIn(t, text))
	}
	return all
}

// held fails for every name that the real one does not use.
func held(t *testing.T, said, really map[string]bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if !really[name] {
			t.Errorf("%q: must be a field of what the real translator says", name)
		}
	}
}

// namesOfEvent returns those of a frame with an event of that kind. An event has parts
// of what is said of its instrument.
func namesOfEvent(t *testing.T, kind string) map[string]bool {
	t.Helper()
	payload := namesKept(t, payloads+kind+"_professional.json")
	for name := range namesKept(t, fullBodies...) {
		if part, _, inside := strings.Cut(name, "."); inside && payload[part] {
			payload[name] = true
		}
	}
	frame := namesOf(t, topic.Frame{Payload: json.RawMessage("{}"), Meta: new(topic.Meta), Correlation: "any"})
	for name := range payload {
		frame["payload."+name] = true
	}
	return frame
}

// The page is tested with a translator that is written by hand: what it says must be
// what the real one can say, to that role.
func TestTheTranslatorOfTheseTestsSpeaksAsTheRealOne(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	ask := func(t *testing.T, key, method, what, body string, code int) map[string]bool {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), method, tr.URL+"/api/v1/liquidity-risk/"+what, strings.NewReader(body))
		require.NoError(t, err)
		q.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, code, answer.StatusCode, "%s", text)
		return namesIn(t, text)
	}
	for _, role := range []struct {
		key, name, detail string
		bonds             map[string]bool // names in what is said of one
	}{
		{retail, "retail", "summary", namesKept(t, shortBodies...)},
		{professional, "professional", "full", namesKept(t, fullBodies...)},
	} {
		for _, isin := range []string{liquid, stuck, unknown, plain} {
			for _, size := range []string{"1000", "1e6", "1e9"} {
				t.Run(role.name+" of "+isin+" at "+size, func(t *testing.T) {
					held(t, ask(t, role.key, http.MethodGet, isin+"?mode=fast&detail="+role.detail+"&trade_size="+size, "", http.StatusOK), role.bonds)
				})
			}
		}
		t.Run(role.name+" of a portfolio", func(t *testing.T) {
			both := `{"holdings":[{"isin":"` + liquid + `","trade_size":1000000},{"isin":"` + stuck + `","trade_size":70000}]}`
			held(t, ask(t, role.key, http.MethodPost, "portfolio?detail="+role.detail, both, http.StatusOK), namesKept(t, bodies+"portfolio_"+role.name+".json"))
		})
	}
	t.Run("a problem", func(t *testing.T) {
		held(t, ask(t, retail, http.MethodGet, absent+"?mode=fast&trade_size=1", "", http.StatusNotFound), namesOf(t, api.Unknown("isin", absent)))
	})
}

// What a page is told over its socket, tell holds to the real one's frames; here it
// does so without a page.
func TestTheTranslatorOfTheseTestsTellsWhatTheRealOneTells(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	tr.tell("liquidity_update", object{"liquidity_profile": tr.profile(unknown, true)})
	tr.tell("liquidity_update", object{"liquidity_profile": tr.profile(liquid, true)})
	tr.tell("exit_path_update", object{"exit_recommendations": routes(liquid, 1e5, true), "trade_size": 1e5})
	tr.tell("risk_update", object{"risk_summary": scores(true), "risk_warnings": []string{"Overall risk is critical"}})
	tr.tell("alert", warning())
}

func TestTheTranslatorOfTheseTestsTellsAlertsWhereTheRealOneDoes(t *testing.T) {
	t.Parallel()
	told, err := topic.Tell(liquid, "lr/"+liquid+"/41", time.Unix(0, 0), risk.Decision{Events: []risk.Event{{
		Number: 41, Kind: risk.Alerted, Alert: &risk.Alert{ISIN: liquid, Severity: risk.Warning},
	}}})
	require.NoError(t, err)
	require.NotEmpty(t, told)
	for _, m := range told {
		require.Equal(t, m.Topic.String(), topicOf("alert"), "for %s", m.Audience)
	}
}
