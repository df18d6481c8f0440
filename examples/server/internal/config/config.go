package config

import (
	"fmt"
	"net"
	"reflect"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
)

// Config is a valid configuration. It is a value: nobody changes one.
type Config struct {
	Pool        Pool
	Listen      string // host:port
	Metrics     string // host:port on loopback; "" for none
	Hardened    bool
	Proxy       bool // whether the last X-Forwarded-For says who asks
	Requests    int  // a second, that the API answers all together
	RebindDelay time.Duration
	Paper       string // scheme and host of the venue behind test_exchange
	DSN         string
	Keep        time.Duration // of sightings; 0 for ever
	Grants      []Grant
	Payout      Payout
	RPC         RPC
	Report      bool
	Prices      map[string]Price // by unit
	Markets     []Market         // by exchange, then unit
	ALPS        *ALPS            // nil for none
	Translator  *Translator      // nil for none
	Access      access.Config
	Example     bool // nobody wrote a file: the example's keys open it on this machine
}

// Pool is the pool as a whole.
type Pool struct {
	Name               string
	GrantAddress       string
	MinimumPayout      decimal.Decimal
	Pegged             string
	Round              time.Duration
	Places             int32
	MaxAge, MinAge     time.Duration
	MaxTargetTolerance decimal.Decimal
}

// Grant funds the pool, once for each Approval.
type Grant struct {
	Approval string
	Amount   decimal.Decimal
}

// Payout is how and how much is paid out.
type Payout struct {
	Every, Retry                   time.Duration
	Places                         int32
	ApproveAbove, MaxBatch, MaxDay decimal.Decimal // 0 for none
	Confirmations, MaxAttempts     int
	Payer                          Payer
	Folder                         string
}

// Payer names who pays.
type Payer string

// The payers.
const (
	File     Payer = "file"
	Sendmany Payer = "sendmany"
	Signed   Payer = "signed"
)

// RPC is where the wallet answers. Its zero value is none.
type RPC struct {
	User, Pass, Host, Port string
	NumericAmounts         bool
}

// URL returns the wallet's: https, unless it is on this machine.
func (r RPC) URL() string {
	host := r.Host
	if host == "localhost" { // a name is whatever somebody makes of it
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, r.Port)
	if OnLoopback(address) {
		return "http://" + address
	}
	return "https://" + address
}

// String leaves out what is secret.
func (r RPC) String() string { return r.User + " at " + r.URL() }

// Price is where the price of a unit comes from.
type Price struct {
	Fixed   decimal.Decimal // > 0, or 0 where the others count
	Main    Source
	Backups []Source
	MaxAge  time.Duration
}

// Source is one market that quotes a unit.
type Source struct {
	Venue string
	Pair  exchange.Pair
}

// Market is one unit at one exchange. What ranks say there is shown as it is
// written here.
type Market struct {
	reward.Market
	Reverse bool
	Pair    exchange.Pair
}

// Market returns that of exchange and unit.
func (c Config) Market(exchange, unit string) (Market, bool) {
	for _, m := range c.Markets {
		if m.Exchange == exchange && m.Unit == unit {
			return m, true
		}
	}
	return Market{}, false
}

// Trades reports whether there is any market at exchange.
func (c Config) Trades(exchange string) bool {
	for _, m := range c.Markets {
		if m.Exchange == exchange {
			return true
		}
	}
	return false
}

// What bounds a round: ten thousand providers of a hundred orders. And a batch: a
// transaction of standard size has room for so many outputs, and one look at the
// debts for all those providers, several times over.
const (
	maxOrders  = 1_000_000
	maxOutputs = 2000
	maxDebts   = 100_000
)

// Reward returns the configuration of the engine that shares the rewards.
func (c Config) Reward() reward.Config {
	markets := make([]reward.Market, len(c.Markets))
	for i, m := range c.Markets {
		markets[i] = m.Market
	}
	return reward.Config{
		Every: c.Pool.Round, Places: c.Pool.Places, MaxOrders: maxOrders,
		MaxAge: c.Pool.MaxAge, MinAge: c.Pool.MinAge, MaxTargetTolerance: c.Pool.MaxTargetTolerance,
		Markets: markets,
	}
}

// Payouts returns the configuration of the engine that pays them out.
func (c Config) Payouts() payout.Config {
	return payout.Config{
		Pool: c.Pool.Name, Every: c.Payout.Every, Retry: c.Payout.Retry,
		Places: c.Payout.Places, Minimum: c.Pool.MinimumPayout,
		MaxOutputs: maxOutputs, MaxDebts: maxDebts, MaxBatch: c.Payout.MaxBatch, MaxDay: c.Payout.MaxDay,
		ApproveAbove: c.Payout.ApproveAbove, Confirmations: c.Payout.Confirmations, MaxAttempts: c.Payout.MaxAttempts,
	}
}

// Follows returns [ErrInvalid], naming them, if c differs from a running
// configuration in what only a restart can change.
func (c Config) Follows(running Config) error {
	var problems []string
	for _, f := range []struct {
		field  string
		is, to any
	}{
		{"pool.name", running.Pool.Name, c.Pool.Name},
		{"pool.grant_address", running.Pool.GrantAddress, c.Pool.GrantAddress},
		{"pool.pegged", running.Pool.Pegged, c.Pool.Pegged},
		{"listen", running.Listen, c.Listen},
		{"metrics", running.Metrics, c.Metrics},
		{"hardened", running.Hardened, c.Hardened},
		{"requests", running.Requests, c.Requests},
		{"paper", running.Paper, c.Paper},
		{"payout.payer", running.Payout.Payer, c.Payout.Payer},
		{"payout.folder", running.Payout.Folder, c.Payout.Folder},
		{"report", running.Report, c.Report},
		{"rpc", running.RPC, c.RPC},
		{"db.dsn", running.DSN, c.DSN},
		{"alps", running.ALPS, c.ALPS},
		{"translator", running.Translator, c.Translator},
		{"access", running.Access, c.Access},
	} {
		if reflect.DeepEqual(f.is, f.to) {
			continue
		}
		if f.field == "db.dsn" || f.field == "alps" || f.field == "translator" || f.field == "access" { // may hold a password, or be a page long
			f.to = "another"
		}
		problems = append(problems, fmt.Sprintf("%s %v: cannot change while the server runs: restart it", f.field, f.to))
	}
	if len(problems) > 0 {
		return &Invalid{"configuration", problems}
	}
	return nil
}
