package scenario_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/scenario"
	"github.com/evenkeelhq/evenkeel/pmm/mesh"
	"github.com/evenkeelhq/evenkeel/risk/capital"
)

func TestEachNamedFileSaysWhatTheLibrariesSay(t *testing.T) {
	for _, name := range scenario.Names() {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Named(name, "")
			require.NoError(t, err)
			require.NotEmpty(t, s.About)

			want, err := mesh.Named(name)
			require.NoError(t, err)
			s.Mesh.CapitalEfficiency = nil
			require.Equal(t, string(asJSON(t, want)), string(asJSON(t, s.Mesh)))
			require.Equal(t, want.FlowShocks, s.Mesh.FlowShocks)

			assumed, err := capital.FindScenario(name)
			if err != nil {
				require.Nil(t, s.Capital, "the plan has no capital for it")
				return
			}
			require.Subset(t, s.Capital.Sweep, assumed.Sweep)
			assumed.Sweep = s.Capital.Sweep
			require.Equal(t, assumed, s.Capital.Scenario)
			profile, err := capital.Seed.Params()
			require.NoError(t, err)
			got, err := s.Capital.Apply(profile)
			require.NoError(t, err)
			require.Equal(t, assumed.Apply(profile), got)
		})
	}
	for _, s := range capital.Scenarios() {
		require.Contains(t, scenario.Names(), s.Name)
	}
}

func TestAnUnknownNameSaysWhichThereAre(t *testing.T) {
	_, err := scenario.Named("bank_rum", "")
	require.ErrorIs(t, err, mesh.ErrUnknown)
	require.ErrorContains(t, err, "bank_run_redemption_spike")

	_, err = scenario.NamedCapital("bank_rum")
	require.ErrorIs(t, err, capital.ErrUnknownScenario)
	require.ErrorContains(t, err, "nearest are bank_run_redemption_spike")
}

func TestAFileOfOnesOwn(t *testing.T) {
	path := write(t, "storm.yaml", `
about: My own storm.
base: crash_40pct_external_asset
epochs: 48
rateShocks: []
network:
  unit: EUR
capitalEfficiency:
  leverage: 1.25
  params: {income: {turnover: 0.04}}
`)
	s, err := scenario.Read(path, "")
	require.NoError(t, err)
	require.Equal(t, "storm", s.Mesh.Name)
	require.Equal(t, 48, s.Mesh.Epochs)
	require.Empty(t, s.Mesh.RateShocks)
	require.Equal(t, "EUR", s.Mesh.Network.Unit)
	require.Len(t, s.Mesh.Network.Pools, 5, "what it does not say is its base's")

	profile, err := capital.Seed.Params()
	require.NoError(t, err)
	p, err := s.Capital.Apply(profile)
	require.NoError(t, err)
	require.InDelta(t, 0.04, p.Income.Turnover, 0)
	require.InDelta(t, 1.25, p.Stance.Leverage, 0)
	require.Empty(t, p.Shocks)
}

func TestADeploymentStatusBringsThePools(t *testing.T) {
	d := mesh.Chain138()
	d.Chains[0].Pools = d.Chains[0].Pools[:1]
	file := write(t, "storm.yaml", "base: crash_40pct_external_asset\nflows: []\ndeployment: status.json\n")
	status := filepath.Join(filepath.Dir(file), "status.json")
	require.NoError(t, os.WriteFile(status, asJSON(t, d), 0o600))

	s, err := scenario.Read(file, "")
	require.NoError(t, err)
	require.Equal(t, mesh.Deployed, s.Mesh.GraphMode)
	require.Len(t, s.Mesh.Network.Pools, 1)

	modelled := write(t, "calm.yaml", "base: hub_only_11\ngraphMode: deployed\nflows: []\narbitrage: {hub: 138}\n")
	_, err = scenario.Read(modelled, "")
	require.ErrorContains(t, err, "graphMode deployed: must have a deployment status")
	s, err = scenario.Read(modelled, status)
	require.NoError(t, err)
	require.Len(t, s.Mesh.Network.Pools, 1)
}

func TestWhatCannotBeUsedSaysWhere(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ name, text, want string }{
		{"an unknown base", "base: hub", `base: mesh: unknown scenario: "hub": must be one of hub_only_11`},
		{"no base and not enough", "epochs: 3", "mesh: invalid: Unit"},
		{"an unknown field", "base: hub_only_11\nepoch: 3", `unknown field "epoch"`},
		{"an unknown mode", "base: hub_only_11\ngraphMode: wished", `GraphMode "wished": must be modelled or deployed`},
		{"no epochs", "base: hub_only_11\nepochs: 0", "Epochs 0: must be 1 to 1000000"},
		{"a status for a model", "base: hub_only_11\ndeployment: status.json", `graphMode "modelled": must be deployed`},
		{"a status that is not there", "base: crash_40pct_external_asset\ndeployment: no.json", "no.json: no such file or directory"},
		{"a status from elsewhere", "base: crash_40pct_external_asset\ndeployment: ../status.json", `deployment "../status.json": must be a file beside the scenario`},
		{"a status with another field", "base: crash_40pct_external_asset\ndeployment: field.json", `field.json: json: unknown field "chain"`},
		{"a status that is cut short", "base: crash_40pct_external_asset\ndeployment: short.json", "short.json: unexpected EOF"},
		{"two of them", "base: crash_40pct_external_asset\ndeployment: two.json", "two.json: must be one deployment status"},
		{"an empty one", "base: crash_40pct_external_asset\ndeployment: empty.json", "empty.json: mesh: invalid: len(chains) 0"},
		{"capital that nobody knows", "base: hub_only_11\ncapitalEfficiency: {leverag: 2}", `capitalEfficiency: unknown field "leverag"`},
		{"another's capital", "base: hub_only_11\ncapitalEfficiency: {name: other}", `capitalEfficiency.name "other": must be the scenario's`},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join(folder, "storm.yaml")
			for name, text := range map[string]string{"storm.yaml": row.text, "field.json": `{"chain": []}`, "short.json": `{"chains": [`, "two.json": "{} {}", "empty.json": "{}"} {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
			}
			_, err := scenario.Read(file, "")
			require.ErrorContains(t, err, row.want)
		})
	}
	_, err := scenario.Read(filepath.Join(folder, "nowhere.yaml"), "")
	require.ErrorIs(t, err, scenario.ErrInvalid)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(strings.TrimSpace(text)), 0o600))
	return file
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}
