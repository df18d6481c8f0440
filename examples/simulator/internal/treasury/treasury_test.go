package treasury_test

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/treasury"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func job(t *testing.T, scenario string, paths int64) capital.Job {
	t.Helper()
	p, err := capital.Institutional.Params()
	require.NoError(t, err)
	s, err := capital.FindScenario(scenario)
	require.NoError(t, err)
	return capital.Job{Params: s.Apply(p), Seed: 1, Paths: paths}
}

func scored(t *testing.T, j capital.Job) capital.Scorecard {
	t.Helper()
	part, err := capital.Run(t.Context(), j, capital.Options{})
	require.NoError(t, err)
	card, err := part.Scorecard()
	require.NoError(t, err)
	return card
}

func TestFiguresAreAllNumbersOfTheScorecard(t *testing.T) {
	card := scored(t, job(t, "bank_run_redemption_spike", 64))
	text, err := json.Marshal(card)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	numbers := map[string]float64{}
	for name, value := range fields {
		if number, ok := value.(float64); ok {
			numbers[name] = number
		}
	}
	got := map[string]float64{}
	for _, f := range treasury.Figures(card) {
		if f.Name == "seed" {
			continue // an unsigned number, which names the run and measures nothing
		}
		got[f.Name] = f.Value
	}
	delete(numbers, "seed")
	require.Equal(t, numbers, got)
	require.Contains(t, got, "roi_mean")
	require.Contains(t, got, "external_liquidity_floor_violations")
}

func TestATimelineAddsUpToTheWhole(t *testing.T) {
	j := job(t, "crash_40pct_external_asset", 100)
	line, err := treasury.Timeline(t.Context(), j, 2)
	require.NoError(t, err)
	require.Len(t, line, treasury.TimelineStretches)
	require.Equal(t, 365, line[len(line)-1].To)
	var throttled, off, below float64
	from := 0
	for _, s := range line {
		epochs := float64(s.To-from) * 100
		throttled += s.Throttled * epochs
		off += s.OffPeg * epochs
		below += s.BelowMin * epochs
		if s.To <= 80 {
			require.Less(t, s.Throttled, 0.1, "before the crash")
		}
		from = s.To
	}
	part, err := capital.Run(t.Context(), j, capital.Options{})
	require.NoError(t, err)
	require.InDelta(t, float64(part.Tally.Throttles), throttled, 1e-6)
	require.InDelta(t, float64(part.Tally.PegEvents), off, 1e-6)
	require.InDelta(t, float64(part.Tally.FloorViolations), below, 1e-6)
	require.Positive(t, throttled)
}

func TestEveryScenarioOfEveryProfileHasBands(t *testing.T) {
	bands, err := treasury.PlanBands()
	require.NoError(t, err)
	for _, profile := range capital.Profiles() {
		for _, s := range capital.Scenarios() {
			checked, err := bands.Check(string(profile), s.Name, capital.Scorecard{ROIMean: math.NaN()})
			require.NoError(t, err)
			for _, c := range checked {
				if c.Figure == "roi_mean" {
					require.False(t, c.Met, "no number is in no band")
				}
			}
		}
	}
}

func TestBandsJudgeFiguresByName(t *testing.T) {
	bands, err := treasury.ReadBands("my.yaml", strings.NewReader("mine: {storm: {roi_mean: [0.1, 0.2], max_drawdown_p95: [0, 0]}}"))
	require.NoError(t, err)
	got, err := bands.Check("mine", "storm", capital.Scorecard{ROIMean: 0.2, MaxDrawdownP95: 0.01})
	require.NoError(t, err)
	require.Equal(t, []treasury.Checked{
		{Profile: "mine", Scenario: "storm", Figure: "max_drawdown_p95", Value: 0.01},
		{Profile: "mine", Scenario: "storm", Figure: "roi_mean", Least: 0.1, Most: 0.2, Value: 0.2, Met: true},
	}, got)
	_, err = bands.Check("mine", "calm", capital.Scorecard{})
	require.EqualError(t, err, "bands: invalid: mine.calm: must have at least one")
}

func TestBandsThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		"mine: {storm: {roi: [0, 1]}}":          "bands: invalid: my.yaml: mine.storm.roi: must be a figure of the scorecard",
		"mine: {storm: {roi_mean: [0.2, 0.1]}}": "bands: invalid: my.yaml: mine.storm.roi_mean [0.2 0.1]: must be [least, most]",
		"mine: {storm: {roi_mean: wide}}":       "not usable: my.yaml: cannot unmarshal string",
		"mine: [storm]":                         "not usable: my.yaml: cannot unmarshal array",
	} {
		_, err := treasury.ReadBands("my.yaml", strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
	_, err := treasury.ReadBands("my.yaml", strings.NewReader("mine:"))
	require.ErrorIs(t, err, patch.ErrInvalid)
}

// found is a small search: what may be deployed, what may not and what was never
// simulated.
func found(t *testing.T, leverages ...float64) capital.Report {
	t.Helper()
	p, err := capital.Institutional.Params()
	require.NoError(t, err)
	candidates, err := capital.Axes{Leverage: leverages}.Grid(p.Stance)
	require.NoError(t, err)
	s, err := capital.NewSearch(capital.SearchConfig{
		Params: p, Scenarios: capital.Scenarios()[:2], Candidates: candidates, Seed: 1, Paths: 4000, Policy: capital.InstitutionalPolicy(),
	})
	require.NoError(t, err)
	s, err = capital.Optimize(t.Context(), s, capital.Options{})
	require.NoError(t, err)
	r, err := s.Report()
	require.NoError(t, err)
	return r
}

func TestThePageTellsEverythingAndLoadsNothing(t *testing.T) {
	j := job(t, "crash_40pct_external_asset", 4000)
	line, err := treasury.Timeline(t.Context(), j, 0)
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, treasury.Page(&page, treasury.Report{
		Profile: "institutional", Says: "for decisions", Command: "capital run <x>",
		Lived:     []treasury.Lived{{Name: "crash <40>", Job: j, Card: scored(t, j), Timeline: line}},
		Scenarios: []string{"calm", "crash"}, Found: found(t, 1, 1.5, 2, 4.5),
	}))
	html := page.String()
	require.Empty(t, missing(html,
		"<!doctype html>", `name="viewport"`, "Return on capital", "How returns are distributed", "Largest drawdown", "Probability of liquidation",
		"Throttle", "Peg", "External liquidity", "Return against drawdown", "Gates passed and failed",
		"crash &lt;40&gt;", "capital run &lt;x&gt;", "4.5, limit 4", "not simulated", "smart_contract_audit", "max_drawdown_p95_upper",
		"1x is the most rewarding leverage that passes every gate",
	))
	require.Equal(t, 9, strings.Count(html, "<svg "))
	require.Len(t, missing(html, "NaN", "Inf", "ZgotmplZ", "%!"), 4, "nothing is broken")
	loads := regexp.MustCompile(`(?i)(src|href)\s*=\s*["'](https?:)?//|@import|url\(|<link[^>]+stylesheet|<script`)
	require.Empty(t, loads.FindString(html))
}

func TestThePageOfASearchThatSimulatedNothing(t *testing.T) {
	var page bytes.Buffer
	require.NoError(t, treasury.Page(&page, treasury.Report{Scenarios: []string{"calm", "crash"}, Found: found(t, 5)}))
	require.Contains(t, page.String(), "No candidate passes every gate")
	require.NotContains(t, page.String(), "NaN")
}

func TestTheVerdictNamesWhatIsMissing(t *testing.T) {
	said := strings.Join(treasury.Verdict(found(t, 1, 1.5, 2)), "\n")
	require.Contains(t, said, "DEPLOYABLE: 1x is the best", "of 4,000 paths too many were liquidated at 1.5x to be sure of it")
	require.Contains(t, said, "LEVERAGE CAP: 1.5x by policy, until there is evidence of smart_contract_audit, governance_approval, risk_dashboard_and_alerting, operator_runbook, treasury_liquidity_commitments.")
	require.Contains(t, said, "at most 2.857")
	require.Contains(t, said, "not authority")

	require.Contains(t, treasury.Verdict(found(t, 3))[0], "every candidate fails a gate")
	require.Contains(t, treasury.Verdict(capital.Report{})[0], "nothing yet")
}

// missing lists what a page, too long to be shown, does not have.
func missing(page string, wanted ...string) []string {
	return slices.DeleteFunc(wanted, func(want string) bool { return strings.Contains(page, want) })
}
