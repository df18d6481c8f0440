package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/benbjohnson/clock"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/rest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/kept"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// liquid is the liquidity engine and its API. The zero liquid is neither.
type liquid struct {
	service *alps.Service
	api     *api.API
}

// openLiquid returns the engine that cfg asks for, over the database of the pool.
func openLiquid(ctx context.Context, cfg config.Config, db *sql.DB, counted *metrics.Metrics, log *zap.Logger) (liquid, error) {
	if cfg.ALPS == nil {
		return liquid{}, nil
	}
	service, err := alps.Open(ctx, *cfg.ALPS, alps.PortsOf(db, cfg.ALPS.Engine.Pool), alps.Options{Clock: clock.New(), Log: log, Metrics: counted})
	if err != nil {
		return liquid{}, err
	}
	who, readers := credentials(cfg, log)
	authenticator, err := access.New(who)
	if err != nil {
		return liquid{}, err
	}
	a := api.New(api.Options{
		Title: "Evenkeel", Version: "1", Description: "Keeps banks liquid out of a common pool.",
		Access: authenticator, Now: service.Now, Requests: kept.In(db), Readers: readers,
		Proxy: cfg.Proxy, Log: log, Explain: rest.Explain(log),
		Seen: func(s api.Seen) {
			counted.Request(s.Route, s.Code, s.Took)
			log.Info("asked", zap.String("request", s.Request), zap.String("by", s.Actor), zap.String("route", s.Route),
				zap.String("about", s.Object), zap.Int("code", s.Code), zap.Duration("took", s.Took))
		},
	})
	rest.Declare(a, service)
	return liquid{service, a}, nil
}

// run keeps the engine looking until ctx ends.
func (l liquid) run(ctx context.Context) error {
	if l.service == nil {
		return nil
	}
	return l.service.Run(ctx)
}

// beside answers what is the API's, and leaves the rest to rest.
func (l liquid) beside(rest http.Handler) (http.Handler, error) {
	if l.api == nil {
		return rest, nil
	}
	return l.api.Beside(rest)
}

// exampleKeys open a server that nobody has configured, from this machine alone.
// Each is its own name.
func exampleKeys() []access.Key {
	keys := []access.Key{
		{Name: "example-operator", Roles: []access.Role{access.Operator}},
		{Name: "example-risk", Roles: []access.Role{access.RiskManager}},
		{Name: "example-admin", Roles: []access.Role{access.Admin}},
		{Name: "example-compliance", Roles: []access.Role{access.Compliance}},
		{Name: "example-service", Roles: []access.Role{access.Service}},
		{Name: "example-bank", Roles: []access.Role{access.Bank}, Bank: "bank-a"},
	}
	for i := range keys {
		keys[i].SHA256 = access.Hash(keys[i].Name)
	}
	return keys
}

// credentials returns who may ask, and who may read the documentation: anybody,
// where the example keys hold.
func credentials(cfg config.Config, log *zap.Logger) (access.Config, []access.Role) {
	if !cfg.Example || cfg.Hardened || !config.OnLoopback(cfg.Listen) {
		if len(cfg.Access.Keys) == 0 && len(cfg.Access.Tokens.Ed25519)+len(cfg.Access.Tokens.Secret) == 0 {
			log.Warn("nobody may ask the liquidity engine anything: the section access of the configuration names no key")
		}
		return cfg.Access, []access.Role{access.Operator}
	}
	var names []string
	for _, k := range exampleKeys() {
		names = append(names, k.Name)
	}
	log.Warn("example keys open the liquidity engine to everybody on this machine, since the server runs without a configuration file",
		zap.String("keys", strings.Join(names, " ")), zap.String("shown as", "X-API-Key: example-operator"))
	return access.Config{Keys: exampleKeys()}, []access.Role{access.Public}
}
