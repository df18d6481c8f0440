package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/rest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/kept"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	lrrest "github.com/evenkeelhq/evenkeel/examples/server/internal/translator/rest"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/store/redis"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// liquid is the liquidity engine, the translator with its stream, and the API of
// both. The zero liquid is none of them.
type liquid struct {
	banks *alps.Service
	bonds *translator.Service
	hub   *socket.Hub
	api   *api.API

	closeBus func() error // nil without a bus
}

// close ends what runs beside the engines.
func (l liquid) close() error {
	if l.closeBus == nil {
		return nil
	}
	return l.closeBus()
}

// openLiquid returns the engines that cfg asks for, over the database of the pool.
func openLiquid(ctx context.Context, cfg config.Config, db *sql.DB, counted *metrics.Metrics, log *zap.Logger) (l liquid, err error) {
	if cfg.ALPS == nil && cfg.Translator == nil {
		return liquid{}, nil
	}
	now := clock.New()
	who, readers := credentials(cfg, log)
	authenticator, err := access.New(who)
	if err != nil {
		return liquid{}, err
	}
	others := rest.Explain(log)
	l.api = api.New(api.Options{
		Title: "Evenkeel", Version: "1", Description: "Keeps banks liquid out of a common pool, and says how liquid and how risky instruments are.",
		Access: authenticator, Now: func() time.Time { return now.Now().UTC() }, Requests: kept.In(db), Readers: readers,
		Guard: guard.Under(cfg.Requests), Proxy: cfg.Proxy, Log: log,
		Explain: func(err error) *api.Problem {
			if p := lrrest.Explain(err); p != nil {
				return p
			}
			return others(err)
		},
		Seen: func(s api.Seen) {
			counted.Request(s.Route, s.Code, s.Took)
			log.Info("asked", zap.String("request", s.Request), zap.String("by", s.Actor), zap.String("route", s.Route),
				zap.String("about", s.Object), zap.Int("code", s.Code), zap.Duration("took", s.Took))
		},
	})
	if cfg.ALPS != nil {
		l.banks, err = alps.Open(ctx, *cfg.ALPS, alps.PortsOf(db, cfg.ALPS.Engine.Pool), alps.Options{Clock: now, Log: log, Metrics: counted})
		if err != nil {
			return liquid{}, err
		}
		rest.Declare(l.api, l.banks)
	}
	if cfg.Translator != nil {
		if err := l.openBonds(cfg, db, authenticator, counted, now, log); err != nil { //nolint:contextcheck // the bus lives until it is closed
			return liquid{}, fmt.Errorf("translator: %w", err)
		}
	}
	return l, nil
}

// redisLog is where go-redis tells of dials that fail. It has one for the process.
type redisLog struct{ log *zap.Logger }

func (l redisLog) Printf(_ context.Context, format string, values ...any) {
	l.log.Warn("the bus between servers is away", zap.String("error", fmt.Sprintf(format, values...)))
}

// openBonds adds the translator, and the stream that tells people of it.
func (l *liquid) openBonds(cfg config.Config, db *sql.DB, who *access.Authenticator, counted *metrics.Metrics, now clock.Clock, log *zap.Logger) (err error) {
	var bus topic.Bus // without one, servers hear of each other through the journal, and later
	if cfg.Translator.Redis != "" {
		goredis.SetLogger(redisLog{log})
		over, err := redis.Open(cfg.Translator.Redis, redis.Options{Clock: now})
		if err != nil {
			return err
		}
		bus, l.closeBus = over, over.Close
	}
	teller := new(late)
	ports := translator.PortsOf(db, teller)
	if cfg.ALPS != nil {
		ports.Forget = nil // it forgets for both
	}
	if l.bonds, err = translator.Open(*cfg.Translator, ports, translator.Options{Clock: now, Log: log, Metrics: counted}); err != nil {
		return err
	}
	reads := audit.New(db.Store())
	if l.hub, err = socket.New(socket.Options{
		Source: l.bonds, Access: who, Bus: bus, Proxy: cfg.Proxy, Heartbeat: cfg.Translator.Heartbeat, Delivered: counted.Delivered, Clock: now, Log: log,
		Record: func(ctx context.Context, who access.Actor, of topic.Stream) error {
			return reads.Write(ctx, l.bonds.Now(), audit.Of(who, "follow", of.String(), "subscribe "+of.String()))
		},
	}); err != nil {
		return err
	}
	teller.Publisher = l.hub
	lrrest.Declare(l.api, l.bonds, reads)
	return nil
}

// late is a publisher that is there before anything is published, and after whoever
// publishes: each needs the other.
type late struct{ risk.Publisher }

// run keeps the engines looking until ctx ends.
func (l liquid) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if l.banks != nil {
		group.Go(func() error { return l.banks.Run(ctx) })
	}
	if l.bonds != nil {
		group.Go(func() error { return l.bonds.Run(ctx) })
		group.Go(func() error {
			if err := l.hub.Run(ctx); ctx.Err() == nil {
				return err
			}
			return nil
		})
	}
	return group.Wait()
}

// stream is where the translator's is.
const stream = "/ws/liquidity-risk"

// beside answers what is the API's or the stream's, and leaves the rest to rest.
func (l liquid) beside(rest http.Handler) (http.Handler, error) {
	if l.api == nil {
		return rest, nil
	}
	all, err := l.api.Beside(rest)
	if err != nil || l.hub == nil {
		return all, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == stream {
			l.hub.ServeHTTP(w, r)
		} else {
			all.ServeHTTP(w, r)
		}
	}), nil
}

// exampleKeys open a server that nobody has configured, from this machine alone.
// Each is its own name.
func exampleKeys() []access.Key {
	keys := []access.Key{
		{Name: "example-operator", Roles: []access.Role{access.Operator}},
		{Name: "example-risk", Roles: []access.Role{access.RiskManager}},
		{Name: "example-admin", Roles: []access.Role{access.Admin}},
		{Name: "example-compliance", Roles: []access.Role{access.Compliance}},
		{Name: "example-retail", Roles: []access.Role{access.Retail}},
		{Name: "example-professional", Roles: []access.Role{access.Professional}},
		{Name: "example-service", Roles: []access.Role{access.Service}},
		{Name: "example-bank", Roles: []access.Role{access.Bank}, Bank: "bank-a"},
	}
	for i := range keys {
		keys[i].SHA256 = access.Hash(keys[i].Name)
	}
	return keys
}

// exampleHolds reports whether the example keys do.
func exampleHolds(cfg config.Config) bool {
	return cfg.Example && !cfg.Hardened && config.OnLoopback(cfg.Listen)
}

// credentials returns who may ask, and who may read the documentation: anybody,
// where the example keys hold.
func credentials(cfg config.Config, log *zap.Logger) (access.Config, []access.Role) {
	if !exampleHolds(cfg) {
		if len(cfg.Access.Keys) == 0 && len(cfg.Access.Tokens.Ed25519)+len(cfg.Access.Tokens.Secret) == 0 {
			log.Warn("nobody may ask the API anything: the section access of the configuration names no key")
		}
		return cfg.Access, []access.Role{access.Operator}
	}
	var names []string
	for _, k := range exampleKeys() {
		names = append(names, k.Name)
	}
	log.Warn("example keys open the API to everybody on this machine, since the server runs without a configuration file",
		zap.String("keys", strings.Join(names, " ")), zap.String("shown as", "X-API-Key: example-operator"))
	return access.Config{Keys: exampleKeys()}, []access.Role{access.Public}
}
