package file

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// write gives a batch that text, unless it has one, and returns the text that it
// has. It is durable then. The file is written under another name and linked to
// its own, which only the first can have: a person never sees half of it.
func (p *Payer) write(ctx context.Context, id string, text []byte) (there []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkID(id); err != nil {
		return nil, err
	}
	draft := "." + id + "." + rand.Text()
	defer func() { err = errors.Join(err, p.remove(draft)) }()
	if err := p.put(draft, text); err != nil {
		return nil, fmt.Errorf("write %s.csv: %w", id, err)
	}
	if err := p.folder.Link(draft, id+".csv"); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("write %s.csv: %w", id, err)
	}
	if err := p.sync(); err != nil {
		return nil, fmt.Errorf("write %s.csv: %w", id, err)
	}
	there, _, err = p.read(id+".csv", maxTable)
	return there, err
}

// put writes a file that must be new, durably.
func (p *Payer) put(file string, text []byte) error {
	f, err := p.folder.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// sync makes the names in the folder durable.
func (p *Payer) sync() error {
	f, err := p.folder.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (p *Payer) remove(file string) error {
	if err := p.folder.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
