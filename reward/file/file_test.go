package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/file"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/reward/payout/payouttest"
)

var dec = decimal.RequireFromString

func open(t *testing.T, folder string) *file.Payer {
	t.Helper()
	p, err := file.Open(folder)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func batch() payout.Batch {
	return payout.Batch{
		ID: "b1", Total: dec("3.500001"),
		Outputs: []payout.Output{{Address: "Bann", Amount: dec("2.5")}, {Address: "Bbob", Amount: dec("1.000001")}},
	}
}

func put(t *testing.T, folder, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
}

// A person who pays what is asked, once.
func TestPayer(t *testing.T) {
	payouttest.RunPayer(t, func(t *testing.T) payouttest.Rig {
		t.Helper()
		folder, transaction := t.TempDir(), 0
		return payouttest.Rig{
			Open: func(t *testing.T) payout.Payer { t.Helper(); return open(t, folder) },
			Settle: func(t *testing.T) {
				t.Helper()
				orders, err := filepath.Glob(filepath.Join(folder, "*.csv"))
				require.NoError(t, err)
				for _, order := range orders {
					text, err := os.ReadFile(order)
					require.NoError(t, err)
					answer := strings.TrimSuffix(filepath.Base(order), ".csv") + ".txid"
					if _, err := os.Stat(filepath.Join(folder, answer)); err == nil || strings.HasPrefix(string(text), "void,") {
						continue
					}
					transaction++
					put(t, folder, answer, fmt.Sprintf("%064x\n", transaction))
				}
			},
			Paid: func(t *testing.T, b payout.Batch) int {
				t.Helper()
				if _, err := os.Stat(filepath.Join(folder, b.ID+".txid")); err != nil {
					return 0
				}
				return 1
			},
		}
	})
}

func TestPayWritesWhatAPersonNeeds(t *testing.T) {
	folder := t.TempDir()
	p, b := open(t, folder), batch()
	require.NoError(t, p.Pay(t.Context(), b))
	text, err := os.ReadFile(filepath.Join(folder, "b1.csv"))
	require.NoError(t, err)
	require.Equal(t, "batch,b1\ntotal,3.500001\naddress,amount\nBann,2.5\nBbob,1.000001\n", string(text))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "no draft is left behind")

	r, err := p.Find(t.Context(), b.ID)
	require.NoError(t, err)
	require.Equal(t, payout.Receipt{Status: payout.Pending, Note: "waits for b1.txid"}, r)
	require.ErrorIs(t, p.Void(t.Context(), b.ID), payout.ErrUnknown, "somebody may be paying it")
}

func TestFindReadsTheAnswer(t *testing.T) {
	id := strings.Repeat("0aF9", 16)
	for name, row := range map[string]struct {
		answer string
		txID   string // "": it waits
	}{
		"a transaction":                {id, id},
		"with blanks and lines around": {"\n " + id + " \r\n", id},
		"of an EVM chain":              {"0x" + id, "0x" + id},
		"nothing yet":                  {"", ""},
		"too short":                    {id[1:], ""},
		"too long":                     {id + "0", ""},
		"no hex":                       {"g" + id[1:], ""},
		"two transactions":             {id + "\n" + id, ""},
		"a word":                       {"paid", ""},
		"a whole document":             {strings.Repeat(id, 1000), ""},
		"no text":                      {string([]byte{0xff, 0xfe, 0}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			p, b := open(t, folder), batch()
			require.NoError(t, p.Pay(t.Context(), b))
			put(t, folder, "b1.txid", row.answer)
			at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
			require.NoError(t, os.Chtimes(filepath.Join(folder, "b1.txid"), at, at))
			r, err := p.Find(t.Context(), b.ID)
			require.NoError(t, err)
			if row.txID != "" {
				require.Equal(t, payout.Receipt{Status: payout.Sent, TxID: row.txID, At: at}, r)
				return
			}
			require.Equal(t, payout.Pending, r.Status)
			require.Contains(t, r.Note, "b1.txid says ")
			require.Contains(t, r.Note, "must be 64 hex digits")
			require.LessOrEqual(t, len(r.Note), 256)
		})
	}
}

func TestNotesFitEvenTheLongestName(t *testing.T) {
	folder := t.TempDir()
	p, b := open(t, folder), batch()
	b.ID = strings.Repeat("a", 100)
	require.NoError(t, p.Pay(t.Context(), b))
	put(t, folder, b.ID+".txid", strings.Repeat("\xff", 1000))
	r, err := p.Find(t.Context(), b.ID)
	require.NoError(t, err)
	require.LessOrEqual(t, len(r.Note), 256)
}

func TestPayRefusesWhatAPersonCouldNotPay(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*payout.Batch)
		says   string
	}{
		"a name that leaves the folder": {func(b *payout.Batch) { b.ID = "../b1" }, `Batch.ID "../b1": must be`},
		"no name":                       {func(b *payout.Batch) { b.ID = "" }, `Batch.ID "": must be`},
		"a name too long for a file":    {func(b *payout.Batch) { b.ID = strings.Repeat("a", 101) }, "must be 1 to 100"},
		"a formula for an address":      {func(b *payout.Batch) { b.Outputs[0].Address = "=1+1" }, `Output.Address "=1+1": must be`},
		"no address":                    {func(b *payout.Batch) { b.Outputs[0].Address = "" }, `Output.Address "": must be`},
		"two lines for an address":      {func(b *payout.Batch) { b.Outputs[0].Address = "a\nb" }, `Output.Address "a\nb": must be`},
		"nothing for an address":        {func(b *payout.Batch) { b.Outputs[0].Amount = dec("0") }, "Output.Amount 0: must be > 0"},
		"a total that is not the sum":   {func(b *payout.Batch) { b.Total = dec("3.5") }, "Batch.Total 3.5: must be the sum of one output or more, is 3.500001"},
		"nobody to pay":                 {func(b *payout.Batch) { b.Outputs, b.Total = nil, dec("0") }, "Batch.Total 0: must be the sum"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, b := t.TempDir(), batch()
			row.change(&b)
			err := open(t, folder).Pay(t.Context(), b)
			require.ErrorIs(t, err, file.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
	p := open(t, t.TempDir())
	require.ErrorIs(t, p.Void(t.Context(), "a/b"), file.ErrInvalid)
	_, err := p.Find(t.Context(), "a/b")
	require.ErrorIs(t, err, file.ErrInvalid)
}

func TestPayLeavesAFileThatSaysSomethingElse(t *testing.T) {
	folder := t.TempDir()
	p, b := open(t, folder), batch()
	require.NoError(t, p.Pay(t.Context(), b))
	other := batch()
	other.Outputs[0].Address = "Bcid"
	require.ErrorIs(t, p.Pay(t.Context(), other), payout.ErrUnknown)
	require.NoError(t, p.Pay(t.Context(), b), "it is as it was")
}

func TestAFolderThatWasReplacedProvesNothing(t *testing.T) {
	for name, remove := range map[string]func(folder string) error{
		"moved":   func(folder string) error { return os.Rename(folder, folder+".moved") },
		"deleted": os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "payouts")
			require.NoError(t, os.Mkdir(folder, 0o700))
			p, b := open(t, folder), batch()
			require.NoError(t, remove(folder))
			_, err := p.Find(t.Context(), b.ID)
			require.ErrorIs(t, err, os.ErrNotExist)

			require.NoError(t, os.Mkdir(folder, 0o700))
			_, err = p.Find(t.Context(), b.ID)
			require.ErrorContains(t, err, "is not the folder that was opened")
			require.Error(t, p.Pay(t.Context(), b))
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestOpenWantsAFolder(t *testing.T) {
	_, err := file.Open(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, file.ErrInvalid)
}
