package main

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/rest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	lrrest "github.com/evenkeelhq/evenkeel/examples/server/internal/translator/rest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/venue"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/wire"
)

// serve is the command that runs the pool.
type serve struct{ source }

// Run serves until ctx ends, and then finishes what it has begun.
func (s serve) Run(ctx context.Context, to streams) (err error) {
	cfg, err := s.read()
	if err != nil {
		return err
	}
	log := logger(to)
	defer func() { _ = log.Sync() }()

	front, back, err := listen(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeAll(front, back) // again, unless it did not come so far
	ports, err := pool.OpenPorts(ctx, cfg, pool.Outside{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ports.Close()) }()

	counted := metrics.New()
	opts := pool.Options{Clock: clock.New(), Log: log, Metrics: counted}
	if s.Path != "" {
		opts.Reread = s.read
	}
	if cfg.Hardened {
		opts.Delay = delay(unforeseen())
	}
	p, err := pool.Open(ctx, cfg, ports, opts)
	if err != nil {
		return err
	}
	l, err := openLiquid(ctx, cfg, ports.DB, counted, log)
	if err != nil {
		return fmt.Errorf("liquidity engine: %w", err)
	}
	defer func() { err = errors.Join(err, l.close()) }()
	outside, err := l.beside(wire.New(p, counted, log))
	if err != nil {
		return err
	}
	if outside, err = withPage(cfg, outside); err != nil {
		return err
	}
	announce(log, cfg, front, back)
	engines := func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return p.Run(ctx) })
		group.Go(func() error { return l.run(ctx) })
		return group.Wait()
	}
	return together(ctx, engines, front, back, outside, inside(counted))
}

// listen opens both listeners before anything else: a port that is taken is the
// likeliest thing to be wrong.
func listen(ctx context.Context, cfg config.Config) (front, back net.Listener, err error) {
	var lc net.ListenConfig
	if front, err = lc.Listen(ctx, "tcp", cfg.Listen); err != nil {
		return nil, nil, fmt.Errorf("%w (another address: --listen HOST:PORT)", err)
	}
	if cfg.Metrics == "" {
		return front, nil, nil
	}
	if back, err = lc.Listen(ctx, "tcp", cfg.Metrics); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("metrics: %w (another address: --metrics HOST:PORT, or --metrics off)", err), front.Close())
	}
	return front, back, nil
}

func closeAll(listeners ...net.Listener) {
	for _, l := range listeners {
		if l != nil {
			_ = l.Close()
		}
	}
}

func announce(log *zap.Logger, cfg config.Config, front, back net.Listener) {
	fields := []zap.Field{zap.String("url", "http://"+front.Addr().String()), zap.Bool("hardened", cfg.Hardened), zap.String("pool", cfg.Pool.Name)}
	if back != nil {
		fields = append(fields, zap.String("metrics", "http://"+back.Addr().String()+"/metrics"))
	}
	if cfg.ALPS != nil {
		fields = append(fields, zap.String("liquidity", "http://"+front.Addr().String()+rest.Prefix))
	}
	if cfg.Translator != nil {
		fields = append(fields, zap.String("instruments", "http://"+front.Addr().String()+lrrest.Prefix), zap.String("stream", "ws://"+front.Addr().String()+stream))
	}
	if cfg.ALPS != nil || cfg.Translator != nil {
		fields = append(fields, zap.String("docs", "http://"+front.Addr().String()+"/docs"))
	}
	log.Info("serving", fields...)
	if cfg.Hardened && cfg.Trades(venue.Test) {
		log.Warn("test_exchange is for tests: whoever reaches the paper venue earns there without funds")
	}
}

// What a client may take its time for.
const (
	headerWithin = 5 * time.Second
	bodyWithin   = 10 * time.Second
	answerWithin = 30 * time.Second
	idleWithin   = 2 * time.Minute
	maxHeader    = 16 << 10
	stopWithin   = 9 * time.Second
)

// together runs the engines and both servers until one fails or ctx ends. Then no
// request is taken any more, and those under way are answered.
func together(ctx context.Context, engines func(context.Context) error, front, back net.Listener, outside, inside http.Handler) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return engines(ctx) })
	answer(ctx, group, front, &http.Server{Handler: outside, WriteTimeout: answerWithin})
	if back != nil {
		answer(ctx, group, back, &http.Server{Handler: inside}) // a profile takes as long as it is asked to
	}
	return group.Wait()
}

func answer(ctx context.Context, group *errgroup.Group, at net.Listener, server *http.Server) {
	server.ReadHeaderTimeout, server.ReadTimeout, server.IdleTimeout = headerWithin, bodyWithin, idleWithin
	server.MaxHeaderBytes = maxHeader
	group.Go(func() error {
		if err := server.Serve(at); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return server.Shutdown(stopping)
	})
}

// inside is what only this machine may see.
func inside(m *metrics.Metrics) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// logger writes lines for people on a terminal, and JSON anywhere else.
func logger(to streams) *zap.Logger {
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewJSONEncoder(encoding)
	if f, ok := to.err.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			encoder = zapcore.NewConsoleEncoder(encoding)
		}
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(to.err)), zap.InfoLevel))
}

// longest is how late after its arrival a hardened pool may sample: not so late
// that a proof grows too old.
const longest = 3 * time.Second

// delay draws when a proof is sampled.
func delay(draw *rand.Rand) func() time.Duration {
	var mu sync.Mutex
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(draw.Int64N(int64(longest)))
	}
}

// unforeseen is seeded so that no provider can foresee what it draws.
func unforeseen() *rand.Rand {
	var seed [16]byte
	_, _ = crand.Read(seed[:]) // never fails (crypto/rand)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(seed[:8]), binary.LittleEndian.Uint64(seed[8:])))
}
