package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/store/memory"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// The frame is what every engine has here that is kept running: a journal and an
// inbox in a database, series for Prometheus, a log, an end, and people who may
// say a word to it from another terminal.

// job is an engine at work.
type job[S, O, D any] struct {
	key    string
	engine interface {
		evenkeel.Engine[S, O, D]
		evenkeel.Identity
	}
	world   evenkeel.World[S, O, D]
	journal evenkeel.Store
	every   time.Duration
}

// keep runs a job until ctx ends, which is no failure.
func keep[S, O, D any](ctx context.Context, on host, log *zap.Logger, j job[S, O, D]) error {
	runner, err := evenkeel.NewRunner(j.key, j.engine, j.world, j.journal, evenkeel.Options{Every: j.every, Clock: on.clock, Log: log})
	if err != nil {
		return err
	}
	if err := runner.Run(ctx); ctx.Err() == nil {
		return err
	}
	return nil // it was told to end
}

// lasting returns a context that ends after so long; 0 is as long as ctx.
func lasting(ctx context.Context, on host, length time.Duration) (context.Context, context.CancelFunc) {
	if length == 0 {
		return ctx, func() {}
	}
	return on.clock.WithTimeout(ctx, length)
}

// expose serves series at a loopback address until stop is called; "" serves none.
func expose(ctx context.Context, on host, address string, series http.Handler) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	stop, err = on.serve(ctx, address, series)
	if err != nil {
		return nil, usage(fmt.Errorf("metrics: %w", err))
	}
	return stop, nil
}

// openState opens a database, or says that it cannot be one.
func openState(ctx context.Context, dsn string) (*sql.DB, error) {
	db, err := sql.Open(ctx, dsn)
	if errors.Is(err, evenkeel.ErrInvalid) {
		return nil, usage(fmt.Errorf("state %.60q: %w", dsn, err))
	}
	return db, err
}

// demoBooks are a journal and an inbox for chains that exist only in memory.
type demoBooks struct {
	journal evenkeel.Store
	inbox   evenkeel.Inbox
	close   func()
}

// openDemo opens them where asked, or in memory. What ran on another chain of that
// kind is refused: its blocks are gone.
func openDemo(ctx context.Context, dsn, key string) (demoBooks, error) {
	if dsn == "" {
		return demoBooks{&memory.Store{Limit: 2}, &memory.Inbox{}, func() {}}, nil
	}
	db, err := openState(ctx, dsn)
	if err != nil {
		return demoBooks{}, err
	}
	_, err = db.Store().Last(ctx, key)
	if !errors.Is(err, evenkeel.ErrNotFound) {
		return demoBooks{}, errors.Join(usage(fmt.Errorf("state %.60q: must be one in which nothing has run as %s: its chain is gone", dsn, key)), err, db.Close())
	}
	return demoBooks{db.Store(), db.Inbox(), func() { _ = db.Close() }}, nil // every record is on disk when it was written
}

// logger writes lines for people.
func logger(to io.Writer) *zap.Logger {
	cfg := zap.NewProductionEncoderConfig()
	cfg.EncodeTime = zapcore.ISO8601TimeEncoder
	return zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(cfg), zapcore.Lock(zapcore.AddSync(to)), zap.InfoLevel))
}

// word is what a person says to a bot that may run in another program, which obeys
// before it sends anything more.
type word struct {
	By  string `help:"Who says so." required:"" placeholder:"NAME"`
	Why string `help:"Why, for the journal."`
}

// maxWord is how long a name or a reason may be, in bytes.
const maxWord = 200

func (w word) validate() error {
	if w.By == "" || len(w.By) > maxWord || len(w.Why) > maxWord {
		return usage(fmt.Errorf("by %.40q, why %.40q: must have 1 and 0 to %d bytes", w.By, w.Why, maxWord))
	}
	return nil
}

// to writes a verb down for an engine whose commands are verbs. Who said it and why
// is the command's name: the journal keeps that.
func (w word) to(ctx context.Context, on host, l listener, verb string) error {
	if err := w.validate(); err != nil {
		return err
	}
	last, err := l.tell(ctx, fmt.Sprintf("%s (%s) %s", w.By, cmp.Or(w.Why, "no reason given"), random()), []byte(verb))
	if err != nil {
		return err
	}
	return l.heard(on, verb, w.By, last)
}

// listener is who a word is for.
type listener struct{ kind, name, key, state string }

// tell writes a command down and returns the last record of whom it is for. A
// listener that never ran there is a mistyped one.
func (l listener) tell(ctx context.Context, id string, body []byte) (evenkeel.Record, error) {
	if path, file := strings.CutPrefix(l.state, "sqlite:"); file {
		if _, err := os.Stat(path); err != nil { // opening would make one
			return evenkeel.Record{}, usage(fmt.Errorf("state %q: must exist: %w", l.state, err))
		}
	}
	db, err := openState(ctx, l.state)
	if err != nil {
		return evenkeel.Record{}, err
	}
	defer db.Close() //nolint:errcheck // the command is on disk when it was put
	last, err := db.Store().Last(ctx, l.key)
	if errors.Is(err, evenkeel.ErrNotFound) {
		return evenkeel.Record{}, usage(fmt.Errorf("name %q: must be that of a %s that has run with state %s", l.name, l.kind, l.state))
	}
	if err != nil {
		return evenkeel.Record{}, err
	}
	return last, db.Inbox().Put(ctx, l.key, id, body)
}

// heard says that a word was written down, and when whom it is for looked last.
func (l listener) heard(on host, what, by string, last evenkeel.Record) error {
	_, err := fmt.Fprintf(on.out, "%s by %s is written down. The %s %s looked last at %s, %s ago, and obeys when it looks next.\n",
		what, by, l.kind, l.name, last.At.Format(time.DateTime), on.clock.Now().Sub(last.At).Truncate(time.Second))
	return err
}

// alarm writes an alert where whoever is on duty reads it.
func alarm[C ~string](log *zap.Logger, what C, note string) {
	log.Warn("alert", zap.String("what", string(what)), zap.String("note", note))
}
