package file

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// ErrInvalid refuses a malformed argument: field, value and rule.
var ErrInvalid = errors.New("file: invalid")

// Payer writes batches into a folder and reads what a person answers. Safe for
// concurrent use, also by several processes.
type Payer struct {
	folder *os.Root
	path   string
}

var _ payout.Payer = (*Payer)(nil)

// Open returns a payer for a folder that exists, in a file system that has hard
// links. Whoever can write there says what is paid. What is not in it was never
// handed out: as long as the payer is open it finds nothing in a folder that took
// the place of this one, but a process that starts has to be given the right one.
func Open(folder string) (*Payer, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: folder: %w", ErrInvalid, err)
	}
	return &Payer{root, folder}, nil
}

// Close lets go of the folder.
func (p *Payer) Close() error { return p.folder.Close() }

// Pay implements payout.Payer. It returns when the file is durable.
func (p *Payer) Pay(ctx context.Context, b payout.Batch) error {
	text, err := table(b)
	if err != nil {
		return err
	}
	if err := p.inPlace(); err != nil {
		return err
	}
	there, err := p.write(ctx, b.ID, text)
	if err != nil || bytes.Equal(there, text) {
		return err
	}
	if isVoid(there) {
		return fmt.Errorf("%w: the batch is void", payout.ErrRefused)
	}
	return fmt.Errorf("%w: %s.csv says something else", payout.ErrUnknown, b.ID)
}

// Void implements payout.Payer.
func (p *Payer) Void(ctx context.Context, id string) error {
	there, err := p.write(ctx, id, rows([]string{void, id}))
	if err != nil || isVoid(there) {
		return err
	}
	return fmt.Errorf("%w: %s.csv was handed out", payout.ErrUnknown, id)
}

// Find implements payout.Payer.
func (p *Payer) Find(ctx context.Context, id string) (payout.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return payout.Receipt{}, err
	}
	if err := checkID(id); err != nil {
		return payout.Receipt{}, err
	}
	there, _, err := p.read(id+".csv", maxTable)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := p.inPlace(); err != nil {
			return payout.Receipt{}, err
		}
		return payout.Receipt{Status: payout.Unsent}, nil
	case err != nil:
		return payout.Receipt{}, err
	case isVoid(there):
		return payout.Receipt{Status: payout.Voided, Note: "the batch is void"}, nil
	}
	answer, at, err := p.read(id+".txid", maxAnswer)
	if errors.Is(err, fs.ErrNotExist) {
		return payout.Receipt{Status: payout.Pending, Note: "waits for " + id + ".txid"}, nil
	}
	if err != nil {
		return payout.Receipt{}, err
	}
	answer = bytes.TrimSpace(answer)
	if !transaction.Match(answer) {
		return payout.Receipt{Status: payout.Pending, Note: fmt.Sprintf("%.64s.txid says %.20q: must be 64 hex digits, perhaps after 0x", id, answer)}, nil
	}
	return payout.Receipt{Status: payout.Sent, TxID: string(answer), At: at.UTC()}, nil
}

// inPlace makes sure that the folder is still the one that people see: one that
// was unmounted, moved or deleted proves nothing.
func (p *Payer) inPlace() error {
	ours, err := p.folder.Stat(".")
	if err != nil {
		return err
	}
	theirs, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, theirs) {
		return fmt.Errorf("file: %s is not the folder that was opened", p.path)
	}
	return nil
}

const (
	maxTable  = 64 << 20 // bytes of a csv
	maxAnswer = 1 << 10  // of a txid
	void      = "void"
)

var (
	transaction = regexp.MustCompile(`^(0x)?[0-9a-fA-F]{64}$`)
	// name is what a batch may be called, since a file is called the same.
	name = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$`)
	// safe is an address that a spreadsheet does not take for a formula.
	safe = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z:._-]{0,255}$`)
)

func checkID(id string) error {
	if !name.MatchString(id) {
		return fmt.Errorf("%w: Batch.ID %.120q: must be 1 to 100 letters, digits, - and _", ErrInvalid, id)
	}
	return nil
}

// table writes a batch for a person.
func table(b payout.Batch) ([]byte, error) {
	if err := checkID(b.ID); err != nil {
		return nil, err
	}
	lines, sum := [][]string{{"batch", b.ID}, {"total", b.Total.String()}, {"address", "amount"}}, decimal.Zero
	for _, o := range b.Outputs {
		if !safe.MatchString(o.Address) {
			return nil, fmt.Errorf("%w: Output.Address %.300q: must be 1 to 256 letters, digits, and : . _ - after the first", ErrInvalid, o.Address)
		}
		if o.Amount.Sign() <= 0 {
			return nil, fmt.Errorf("%w: Output.Amount %v: must be > 0", ErrInvalid, o.Amount)
		}
		lines, sum = append(lines, []string{o.Address, o.Amount.String()}), sum.Add(o.Amount)
	}
	if len(b.Outputs) == 0 || !sum.Equal(b.Total) {
		return nil, fmt.Errorf("%w: Batch.Total %v: must be the sum of one output or more, is %v", ErrInvalid, b.Total, sum)
	}
	return rows(lines...), nil
}

func rows(lines ...[]string) []byte {
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(lines); err != nil {
		panic(err) // a buffer takes everything
	}
	return text.Bytes()
}

func isVoid(text []byte) bool { return bytes.HasPrefix(text, []byte(void+",")) }

// read returns a file and when it was last written.
func (p *Payer) read(file string, limit int64) (text []byte, at time.Time, err error) {
	f, err := p.folder.Open(file)
	if err != nil {
		return nil, at, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, at, err
	}
	text, err = io.ReadAll(io.LimitReader(f, limit))
	return text, info.ModTime(), err
}
