package patch_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/simulator/internal/patch"
)

type pool struct {
	Name   string          `json:"name"`
	Depth  decimal.Decimal `json:"depth"`
	Epochs int             `json:"epochs"`
	Limits limits          `json:"limits"`
	Shocks []shock         `json:"shocks,omitempty"`
}

type limits struct {
	Hops  int  `json:"hops"`
	Split bool `json:"split"`
}

type shock struct {
	At    int     `json:"at"`
	Crash float64 `json:"crash,omitempty"`
}

func base() pool {
	return pool{
		Name: "base", Depth: decimal.RequireFromString("1000000"), Epochs: 365, Limits: limits{4, true},
		Shocks: []shock{{At: 1, Crash: 0.4}, {At: 2}},
	}
}

func TestAPatchChangesWhatItSaysAndNothingElse(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       func(*pool)
	}{
		{"a key replaces a key", "epochs: 30", func(p *pool) { p.Epochs = 30 }},
		{"a mapping is merged", "limits: {hops: 2}", func(p *pool) { p.Limits.Hops = 2 }},
		{"a list is replaced, and none of the old one shines through", "shocks: [{at: 9}]", func(p *pool) { p.Shocks = []shock{{At: 9}} }},
		{"a number keeps its digits", "depth: 0.100000000000000001", func(p *pool) { p.Depth = decimal.RequireFromString("0.100000000000000001") }},
		{"a date is a word", "name: 2026-11-21", func(p *pool) { p.Name = "2026-11-21" }},
		{"no is a truth", "limits: {split: false}", func(p *pool) { p.Limits.Split = false }},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := patch.Read("a.yaml", strings.NewReader(row.text))
			require.NoError(t, err)
			got, err := patch.Over(base(), p)
			require.NoError(t, err)
			want := base()
			row.want(&want)
			require.Equal(t, want, got)
		})
	}
}

func TestAPatchMayBeUsedTwice(t *testing.T) {
	first, err := patch.Read("a.yaml", strings.NewReader("limits: {hops: 2}"))
	require.NoError(t, err)
	second, err := patch.Set("limits.hops=3")
	require.NoError(t, err)
	both, err := patch.Over(base(), first, second)
	require.NoError(t, err)
	require.Equal(t, 3, both.Limits.Hops)
	alone, err := patch.Over(base(), first)
	require.NoError(t, err)
	require.Equal(t, 2, alone.Limits.Hops)
}

func TestWhatCannotBeReadSaysWhere(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"no YAML", "a: [", "not usable: a.yaml: line 1: did not find expected node content"},
		{"nothing", "", "not usable: a.yaml: EOF"},
		{"a list", "- 1", "not usable: a.yaml:1: must be keys with values"},
		{"a second document", "epochs: 1\n---\nepochs: 2", "not usable: a.yaml: must be one document"},
		{"a key twice", "epochs: 1\nEpochs: 2", `not usable: a.yaml:2: "Epochs" stands there twice`},
		{"a key without a value", "name: a\nepochs:", "not usable: a.yaml:2: must have a value"},
		{"an alias", "name: &a x\nepochs: *a", "not usable: a.yaml:2: must not be an alias"},
		{"a merge key", "limits: &a {hops: 1}\n<<: *a", "not usable: a.yaml:2: must be a plain key"},
		{"infinity", "epochs: .inf", `not usable: a.yaml:1: ".inf": must be a plain decimal number`},
		{"an octal number", "epochs: 0o17", `not usable: a.yaml:1: "0o17": must be a plain decimal number`},
		{"an abyss", strings.Repeat("[", 40) + strings.Repeat("]", 40), "not usable: a.yaml:1: must not be nested so deep"},
		{"too much", "name: " + strings.Repeat("x", 1<<20), "not usable: a.yaml: must have at most 1048576 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := patch.Read("a.yaml", strings.NewReader(row.text))
			require.ErrorIs(t, err, patch.ErrInvalid)
			require.EqualError(t, err, row.want)
		})
	}
}

func TestWhatDoesNotFitSaysWhat(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"a field that nobody knows", "speed: 9", `not usable: a.yaml: unknown field "speed"`},
		{"another case of a letter", "limits: {Hops: 9}", "not usable: a.yaml: limits.Hops: must be written hops"},
		{"a word for a number", "epochs: many", "not usable: a.yaml: cannot unmarshal string into Go struct field pool.epochs of type int"},
		{"a number without end", "shocks: [{crash: 1e999}]", "not usable: a.yaml: cannot unmarshal string into Go struct field shock.shocks.crash of type float64"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := patch.Read("a.yaml", strings.NewReader(row.text))
			require.NoError(t, err)
			_, err = patch.Over(base(), p)
			require.ErrorIs(t, err, patch.ErrInvalid)
			require.EqualError(t, err, row.want)
		})
	}
}

func TestSetRefusesWhatIsNoAssignment(t *testing.T) {
	for assignment, want := range map[string]string{
		"limits.hops":     `not usable: "limits.hops": must be field=value, such as income.turnover=0.04`,
		"limits.hops=":    `not usable: limits.hops: value "": must be a number or a word`,
		"limits.hops=[1]": `not usable: limits.hops: value "[1]": must be a number or a word`,
		"limits.hops=nan": "", // a word, which the field refuses
	} {
		_, err := patch.Set(assignment)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want)
	}
}

// Whatever a file says, it is read to something that fits or refused.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"epochs: 1", "limits: {hops: [1, {a: b}]}", "a: &x 1\nb: *x", "? [a]\n: b", "name: 0x10", "depth: 1e9999999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := patch.Read("a.yaml", strings.NewReader(text))
		if err != nil {
			require.ErrorIs(t, err, patch.ErrInvalid)
			return
		}
		if _, err := patch.Over(base(), p); err != nil {
			require.ErrorIs(t, err, patch.ErrInvalid)
		}
	})
}
