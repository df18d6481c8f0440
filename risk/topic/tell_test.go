package topic_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// translation has just enough in it to be told from another.
func translation(index int64) *risk.Translation {
	t := &risk.Translation{ISIN: isin, At: noon, Freshness: market.RealTime, Hash: strings.Repeat("ab", 32)}
	t.Profile.ISIN, t.Profile.Index.Value, t.Profile.Index.Level = isin, decimal.NewFromInt(index), market.Good
	t.Maker = &market.Maker{ISIN: isin, Online: true, Inventory: market.Inventory{High: decimal.NewFromInt(987654)}}
	t.Origins.Maker = &risk.Evidence{Source: "desk", At: noon}
	t.Warnings = []risk.Notice{{Kind: risk.OldData, Text: "mind the gap"}}
	return t
}

func alert(n uint64, s risk.Severity) risk.Event {
	return risk.Event{Number: n, Kind: risk.Alerted, Alert: &risk.Alert{Type: risk.HighRisk, Message: "critical", Severity: s, ISIN: isin, At: noon}}
}

// lines writes what an audience is told, one frame a line.
func lines(messages []topic.Message, audience risk.Role) []string {
	all := []string{}
	for _, m := range messages {
		if m.Audience == audience {
			all = append(all, fmt.Sprintf("%s %s %d after %d", strings.TrimPrefix(m.Topic.String(), "lr.INE094A08176"), m.Type, m.Seq, m.Prev))
		}
	}
	return all
}

func TestWhoIsToldWhat(t *testing.T) {
	d := risk.Decision{
		Translation: translation(70),
		Before:      risk.Numbers{Risk: 3, Liquidity: 7, Exits: 6, Info: 8, Warning: 4},
		Events: []risk.Event{
			{Number: 9, Kind: risk.RiskUpdate},
			{Number: 10, Kind: risk.LiquidityUpdate},
			alert(11, risk.Info), alert(12, risk.Critical),
			{Number: 13, Kind: risk.ExitPathUpdate},
		},
	}
	got, err := topic.Tell(isin, "lr/INE094A08176/41", noon, d)
	require.NoError(t, err)
	require.NoError(t, topic.ValidateAll(got))
	whole := []string{
		" risk_update 9 after 7",
		" liquidity_update 10 after 9", ".liquidity liquidity_update 10 after 7",
		".alerts alert 11 after 8", ".alerts alert 12 after 11",
		" exit_path_update 13 after 10", ".exit exit_path_update 13 after 6",
	}
	require.Empty(t, cmp.Diff(whole, lines(got, risk.Professional)))
	require.Empty(t, cmp.Diff(whole, lines(got, risk.RiskManager)))
	require.Empty(t, cmp.Diff([]string{whole[0], whole[1], whole[3], whole[4], whole[5]}, lines(got, risk.Compliance)))
	require.Empty(t, cmp.Diff([]string{" risk_update 9 after 7", " liquidity_update 10 after 9", ".alerts alert 12 after 4", " exit_path_update 13 after 10"},
		lines(got, risk.Retail)), "retail neither hears of mere information nor sees a gap where it was")
	for _, m := range got {
		require.Equal(t, "lr/INE094A08176/41", m.Correlation)
		require.Equal(t, noon, m.At)
		require.Equal(t, market.RealTime, m.Meta.Freshness)
		require.Equal(t, m.Audience != risk.Retail && m.Type == topic.LiquidityUpdate, strings.Contains(string(m.Payload), "987654"), "inventory in %s for %s", m.Type, m.Audience)
	}
	again, err := topic.Tell(isin, "lr/INE094A08176/41", noon, d)
	require.NoError(t, err)
	one, err := json.Marshal(got)
	require.NoError(t, err)
	two, err := json.Marshal(again)
	require.NoError(t, err)
	require.Equal(t, string(one), string(two))
}

func TestTheFieldsAreTheTranslators(t *testing.T) {
	told, err := topic.Tell(isin, "lr/INE094A08176/41", noon, risk.Decision{Events: []risk.Event{alert(1, risk.Warning)}})
	require.NoError(t, err)
	f, err := topic.Encode(told[0].Frame)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"alert","topic":"lr.INE094A08176.alerts","seq":1,"prev_seq":0,"ts":"2026-03-01T12:00:00Z",
		"payload":{"alert_type":"high_risk","message":"critical","severity":"warning","isin":"INE094A08176","timestamp":"2026-03-01T12:00:00Z"},
		"correlation_id":"lr/INE094A08176/41"}`, string(f.Text), "without a translation there is no meta")
	snap, err := topic.Snapshot(topic.Stream{Topic: topic.Topic{ISIN: isin}, Audience: risk.Retail}, topic.Standing{At: noon, Translation: translation(70), Numbers: risk.Numbers{Risk: 2}})
	require.NoError(t, err)
	f, err = topic.Encode(snap)
	require.NoError(t, err)
	var keys map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(f.Text, &keys))
	require.JSONEq(t, `"snapshot"`, string(keys["type"]))
	require.JSONEq(t, `2`, string(keys["seq"]))
	require.Contains(t, string(keys["meta"]), `"data_freshness":"real_time"`)
	require.Contains(t, string(keys["payload"]), `"liquidity_profile":`)
}

func TestAnUpdateWithoutItsTranslationIsRefused(t *testing.T) {
	_, err := topic.Tell(isin, "lr/INE094A08176/41", noon, risk.Decision{Events: []risk.Event{{Number: 1, Kind: risk.RiskUpdate}}})
	require.ErrorIs(t, err, risk.ErrInvalid)
	require.ErrorContains(t, err, "event 1 of lr/INE094A08176/41")
}

func TestSnapshots(t *testing.T) {
	numbers := risk.Numbers{Risk: 3, Liquidity: 7, Exits: 6, Info: 9, Warning: 4, Critical: 2}
	for _, row := range []struct {
		name     string
		part     topic.Part
		audience risk.Role
		seq      uint64
		keys     []string
	}{
		{"of all", topic.Main, risk.Compliance, 7, []string{"isin", "risk_summary", "liquidity_profile", "exit_recommendations"}},
		{"of the liquidity profile", topic.Liquidity, risk.Professional, 7, []string{"isin", "liquidity_profile"}},
		{"of the ways out", topic.Exit, risk.Professional, 6, []string{"isin", "exit_recommendations", "best_path"}},
		{"of what is to be minded", topic.Alerts, risk.RiskManager, 9, []string{"isin", "risk_warnings"}},
		{"of what retail is to mind", topic.Alerts, risk.Retail, 4, []string{"isin", "risk_warnings"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			of := topic.Stream{Topic: topic.Topic{ISIN: isin, Part: row.part}, Audience: row.audience}
			f, err := topic.Snapshot(of, topic.Standing{At: noon, Translation: translation(70), Numbers: numbers})
			require.NoError(t, err)
			require.Equal(t, []any{topic.Snap, of.Topic, row.seq, row.seq, noon}, []any{f.Type, f.Topic, f.Seq, f.Prev, f.At})
			var payload map[string]any
			require.NoError(t, json.Unmarshal(f.Payload, &payload))
			for _, key := range row.keys {
				require.Contains(t, payload, key)
			}

			f, err = topic.Snapshot(of, topic.Standing{At: noon})
			require.NoError(t, err)
			require.JSONEq(t, `{"isin":"INE094A08176"}`, string(f.Payload), "nothing is known of it yet")
			require.Zero(t, f.Seq)
			require.Nil(t, f.Meta)
		})
	}
	_, err := topic.Snapshot(topic.Stream{Topic: topic.Topic{ISIN: isin, Part: topic.Exit}, Audience: risk.Retail}, topic.Standing{})
	require.ErrorIs(t, err, topic.ErrInvalid)
}

// TestChain says that frames of a stream, decision by decision, follow each other,
// whatever happens in between that the stream does not tell of.
func TestChain(t *testing.T) {
	events := []risk.Event{{Kind: risk.RiskUpdate}, {Kind: risk.LiquidityUpdate}, {Kind: risk.ExitPathUpdate}, alert(0, risk.Info), alert(0, risk.Warning), alert(0, risk.Critical)}
	rapid.Check(t, func(t *rapid.T) {
		var numbers risk.Numbers
		cursors := map[topic.Stream]*topic.Cursor{}
		for range rapid.IntRange(1, 8).Draw(t, "decisions") {
			d := risk.Decision{Translation: translation(50), Before: numbers}
			for range rapid.IntRange(0, 4).Draw(t, "events") {
				e := rapid.SampledFrom(events).Draw(t, "event")
				e.Number = numbers.Last() + 1
				numbers = numbers.With(e)
				d.Events = append(d.Events, e)
			}
			told, err := topic.Tell(isin, "id", noon, d)
			require.NoError(t, err)
			for _, m := range told {
				c := cursors[m.Stream()]
				if c == nil {
					begin := topic.From(0)
					c = &begin
					cursors[m.Stream()] = c
				}
				require.Equal(t, c.Seq(), m.Prev, "%v", m.Stream())
				require.Equal(t, topic.Next, c.Read(m.Frame))
			}
		}
		for s, c := range cursors {
			require.Equal(t, c.Seq(), topic.Standing{Numbers: numbers}.Last(s), "a snapshot has the number of the last frame")
		}
	})
}
