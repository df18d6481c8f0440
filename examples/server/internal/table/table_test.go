package table_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/table"
)

var tanks = table.Table{Of: "tanks", Columns: []string{"tank", "level", "rate", "at"}, Required: 2, MaxRows: 5, MaxBytes: 500}

type tank struct{ name, level, rate, at string }

func take(r table.Row) (tank, string) {
	var level, rate decimal.Decimal
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if r.Value("tank") == "" {
		return tank{}, r.Problem("tank", "", "must have a name")
	}
	for _, problem := range []string{r.Number("level", &level), r.Number("rate", &rate), r.Time("at", &at)} {
		if problem != "" {
			return tank{}, problem
		}
	}
	return tank{r.Value("tank"), level.String(), rate.String(), at.Format(time.RFC3339Nano)}, ""
}

func TestBothKindsSayTheSame(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv":  "at,level,tank,rate\n2026-03-01T13:00:00.1234567+01:00, 1.50 ,a,2\n,7,b,\n",
		"a.json": `[{"tank":"a","level":1.50,"rate":"2","at":"2026-03-01T13:00:00.1234567+01:00"},{"tank":"b","level":"7","rate":null}]`,
	} {
		all, problems, err := table.Read(tanks, table.Content{Name: name, Text: []byte(text)}, take)
		require.NoError(t, err, name)
		require.Empty(t, problems, name)
		require.Equal(t, []tank{{"a", "1.5", "2", "2026-03-01T12:00:00.123456Z"}, {"b", "7", "0", "2026-03-01T00:00:00Z"}}, all, name)
	}
}

func TestARowWithAMistakeHidesItsThingAlone(t *testing.T) {
	const number = "must be a plain number >= 0, below 1e18, with at most 18 decimals"
	for _, row := range []struct {
		name, file, text string
		problems         []string
	}{
		{"a required number that is not there", "a.csv", "tank,level\ngood,1\nbad,\n", []string{`line 3: level "": ` + number}},
		{"an optional one with an exponent", "a.csv", "tank,level,rate\nbad,1,1e9\ngood,1,\n", []string{`line 2: rate "1e9": ` + number}},
		{"a time that is none", "a.csv", "tank,level,at\nbad,1,noon\ngood,1,\n", []string{`line 2: at "noon": must be RFC 3339, such as 2026-03-01T12:00:00Z`}},
		{"a value too few is not filled", "a.csv", "tank,level,rate\nbad,1\ngood,1,2\n", []string{`line 2: values "2": must be 3, one of each column`}},
		{"nor is one too many left out", "a.csv", "tank,level\nbad,1,2\ngood,1\n", []string{`line 2: values "3": must be 2, one of each column`}},
		{"told twice, none of them counts", "a.csv", "tank,level\nbad,1\ngood,1\nbad,1\n", []string{`line 4: tank "bad": must be there once, and is in line 2 too`}},
		{"told three times", "a.csv", "tank,level\nbad,x\nbad,1\nbad,1\ngood,1\n", []string{
			`line 2: level "x": ` + number,
			`line 3: tank "bad": must be there once, and is in line 2 too`,
			`line 4: tank "bad": must be there once, and is in line 3 too`,
		}},
		{"told again in a row that is too short", "a.csv", "tank,level\nbad,1\nbad\ngood,1\n", []string{`line 3: tank "bad": must be there once, and is in line 2 too`}},
		{"no name is nobody's", "a.csv", "tank,level\n,1\n,1\ngood,1\n", []string{`line 2: tank "": must have a name`, `line 3: tank "": must have a name`}},
		{"in JSON, by the last line of each", "a.json", "[\n{\"tank\":\"bad\",\n\"level\":-1},\n{\"tank\":\"good\",\"level\":1},\n{}]", []string{
			`line 3: level "-1": ` + number, `line 5: tank "": must have a name`,
		}},
		{"of names that nobody knows, the first", "a.json", `[{"tank":"bad","level":1,"z":1,"m":2,"b":null,"c":3},{"tank":"good","level":1,"z":null}]`, []string{`line 1: c "3": must be one of tank, level, rate, at`}},
		{"no more than a part of a value is shown", "a.csv", "tank,level\nbad," + fmt.Sprintf("%0100d", 0) + "\ngood,1\n", []string{fmt.Sprintf(`line 2: level "%064d": `, 0) + number}},
	} {
		t.Run(row.name, func(t *testing.T) {
			all, problems, err := table.Read(tanks, table.Content{Name: row.file, Text: []byte(row.text)}, take)
			require.NoError(t, err)
			require.Equal(t, row.problems, problems)
			require.Len(t, all, 1)
			require.Equal(t, "good", all[0].name)
		})
	}
}

func TestAFileThatCannotBeTakenApartIsNotRead(t *testing.T) {
	const head = "tank,level\n"
	for _, row := range []struct{ name, file, text, want string }{
		{"nothing", "a.csv", "", "must end with a newline: it may be half written"},
		{"half a line", "a.csv", head + "a,1", "must end with a newline: it may be half written"},
		{"no head", "a.csv", "\n", "line 1: must name the columns: EOF"},
		{"a column that nobody knows", "a.csv", "tank,level,z\n", `line 1: column "z": must be one of tank, level, rate, at`},
		{"a column twice", "a.csv", "tank,level,tank\n", `line 1: column "tank": must be there once`},
		{"a column too few", "a.csv", "tank,rate\n", `line 1: column "level": must be there`},
		{"a quote that does not end", "a.csv", head + "\"a,1\n", `parse error on line 2, column 6: extraneous or missing " in quoted-field`},
		{"too many rows", "a.csv", head + "a,1\na,1\na,1\na,1\na,1\na,1\n", "6 tanks: must be at most 5"},
		{"too many bytes", "a.csv", fmt.Sprintf("%501d", 0), "must be at most 500 bytes"},
		{"no array", "a.json", "{}", "line 1: must be an array of objects"},
		{"no objects", "a.json", "[\n{},\n1]", "line 3: json: cannot unmarshal number into Go value of type map[string]interface {}"},
		{"half an object", "a.json", "[\n{\"tank\":", "line 2: unexpected EOF"},
		{"half an array", "a.json", "[{\"tank\":\"a\",\"level\":1}", "must end with ]: it may be half written"},
		{"what is left of a longer file", "a.json", "[{\"tank\":\"a\",\"level\":1}]\n,{}]\n", "must end with ]: it may be half written"},
		{"too many objects", "a.json", "[{},{},{},{},{},{}]", "6 tanks: must be at most 5"},
	} {
		t.Run(row.name, func(t *testing.T) {
			all, problems, err := table.Read(tanks, table.Content{Name: row.file, Text: []byte(row.text)}, take)
			require.EqualError(t, err, row.file+": "+row.want)
			require.Empty(t, all)
			require.Empty(t, problems)
		})
	}
}

func TestAFileMayTellOfNothing(t *testing.T) {
	for name, text := range map[string]string{"a.csv": "tank,level\n", "a.json": " [ ]\n"} {
		all, problems, err := table.Read(tanks, table.Content{Name: name, Text: []byte(text)}, take)
		require.NoError(t, err, name)
		require.Empty(t, all, name)
		require.Empty(t, problems, name)
	}
}

func TestANumberIsPlain(t *testing.T) {
	for said, want := range map[string]string{
		"0": "0", "007": "7", "1.": "1", "999999999999999999.999999999999999999": "999999999999999999.999999999999999999",
		"1000000000000000000": "", "0.0000000000000000001": "", "": "", ".": "", ".5": "", "1.2.3": "", "1..2": "", "-1": "", "+1": "", "1e2": "", "1_0": "", "NaN": "", "0x1": "", "١": "",
	} {
		all, problems, err := table.Read(tanks, table.Content{Name: "a.csv", Text: []byte("tank,level\na," + said + "\n")}, take)
		require.NoError(t, err)
		if want == "" {
			require.Len(t, problems, 1, said)
			continue
		}
		require.Empty(t, problems, said)
		require.Equal(t, want, all[0].level)
	}
}

func TestAFileIsLoadedAsFarAsItMayBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	_, err := tanks.Load(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	written := time.Date(2026, 3, 1, 13, 0, 0, 123_456_789, time.FixedZone("", 3600))
	for _, size := range []int{tanks.MaxBytes, 10 * tanks.MaxBytes} {
		text := fmt.Appendf(nil, "%*s\n", size-1, "tank,level")
		require.NoError(t, os.WriteFile(path, text, 0o600))
		require.NoError(t, os.Chtimes(path, written, written))
		content, err := tanks.Load(path)
		require.NoError(t, err)
		require.Equal(t, table.Content{Name: path, Text: text[:min(size, tanks.MaxBytes+1)], Written: time.Date(2026, 3, 1, 12, 0, 0, 123_456_000, time.UTC)}, content)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("tank,level,rate,at\na,1,2.5,2026-03-01T12:00:00Z\na,1,1e9,\nb,1\n", false)
	f.Add("[{\"tank\":\"a\",\"level\":1.5},\n{\"tank\":\"a\",\"level\":{}},{\"z\":null}]", true)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		name := "a.csv"
		if isJSON {
			name = "a.json"
		}
		all, problems, err := table.Read(tanks, table.Content{Name: name, Text: []byte(text)}, take)
		if err != nil {
			require.Empty(t, all)
			require.Empty(t, problems)
		}
		require.LessOrEqual(t, len(all)+len(problems), tanks.MaxRows)
		seen := map[string]bool{}
		for _, one := range all {
			require.False(t, seen[one.name])
			seen[one.name] = true
		}
	})
}
