package topic_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

const isin = "INE094A08176"

func TestGrammar(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       topic.Topic
	}{
		{"all of an instrument", "lr.INE094A08176", topic.Topic{ISIN: isin}},
		{"its alerts", "lr.INE094A08176.alerts", topic.Topic{ISIN: isin, Part: topic.Alerts}},
		{"its liquidity", "lr.INE094A08176.liquidity", topic.Topic{ISIN: isin, Part: topic.Liquidity}},
		{"its ways out", "lr.INE094A08176.exit", topic.Topic{ISIN: isin, Part: topic.Exit}},
		{"an ISIN whose check digit is wrong, as some are", "lr.IN0012345678", topic.Topic{ISIN: "IN0012345678"}},
		{"nothing", "", topic.Topic{}},
		{"a prefix alone", "lr.", topic.Topic{}},
		{"what is no ISIN", "lr.X.bogus", topic.Topic{}},
		{"what is no ISIN, with a part", "lr.X.exit", topic.Topic{}},
		{"a part that is none", "lr.INE094A08176.bogus", topic.Topic{}},
		{"a part without a name", "lr.INE094A08176.", topic.Topic{}},
		{"a part of a part", "lr.INE094A08176.exit.exit", topic.Topic{}},
		{"another prefix", "LR.INE094A08176", topic.Topic{}},
		{"a space too many", "lr.INE094A08176 ", topic.Topic{}},
		{"small letters", "lr.ine094a08176", topic.Topic{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := topic.Parse(row.text)
			require.Equal(t, row.want, got)
			var read struct{ T topic.Topic }
			in, marshalErr := json.Marshal(map[string]string{"T": row.text})
			require.NoError(t, marshalErr)
			readErr := json.Unmarshal(in, &read)
			if row.want == (topic.Topic{}) {
				require.ErrorIs(t, err, topic.ErrInvalid)
				require.ErrorIs(t, readErr, topic.ErrInvalid)
				return
			}
			require.NoError(t, err)
			require.NoError(t, readErr)
			require.Equal(t, row.want, read.T)
			require.Equal(t, row.text, got.String())
		})
	}
}

func TestWhoMayFollowWhat(t *testing.T) {
	const r, f, k, c = risk.Retail, risk.Professional, risk.RiskManager, risk.Compliance
	for _, row := range []struct {
		name  string
		roles []risk.Role
		want  map[topic.Part]risk.Role // whose stream
	}{
		{"retail has the whole and its alerts", []risk.Role{r}, map[topic.Part]risk.Role{topic.Main: r, topic.Alerts: r}},
		{"a professional has the parts too", []risk.Role{f}, map[topic.Part]risk.Role{topic.Main: f, topic.Alerts: f, topic.Liquidity: f, topic.Exit: f}},
		{"so has a risk manager", []risk.Role{k}, map[topic.Part]risk.Role{topic.Main: k, topic.Alerts: k, topic.Liquidity: k, topic.Exit: k}},
		{"compliance has the whole and its alerts", []risk.Role{c}, map[topic.Part]risk.Role{topic.Main: c, topic.Alerts: c}},
		{"of several roles the one that sees the most counts, topic by topic", []risk.Role{r, f, c}, map[topic.Part]risk.Role{topic.Main: c, topic.Alerts: c, topic.Liquidity: f, topic.Exit: f}},
		{"nobody has nothing", nil, nil},
		{"roles of other business have nothing", []risk.Role{"", "operator", "admin", "service", "bank", "public"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, part := range topic.Parts() {
				s, ok := topic.Follow(topic.Topic{ISIN: isin, Part: part}, row.roles...)
				whose, want := row.want[part]
				require.Equal(t, want, ok, part)
				if want {
					require.Equal(t, topic.Stream{Topic: topic.Topic{ISIN: isin, Part: part}, Audience: whose}, s)
				}
			}
		})
	}
}
