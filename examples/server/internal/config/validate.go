package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/reward"
	"github.com/evenkeelhq/evenkeel/reward/payout"
	"github.com/evenkeelhq/evenkeel/risk"
)

// reader makes a Config of what a file says and collects what is wrong with it.
// The problems come in the order in which the ALP server looked for them, and in
// its words where it had any.
type reader struct {
	said, standard file
	env            map[string]string // wins over the translator's section
	problems       []string
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// must reports the value of a field and the rule that it breaks.
func (r *reader) must(ok bool, field string, value any, rule string) bool {
	if !ok {
		r.problem("%s %.64q: %s", field, fmt.Sprint(value), rule)
	}
	return ok
}

func (r *reader) config() Config {
	var c Config
	r.pool(&c.Pool)
	r.payout(&c.Payout)
	c.Report = r.boolean("report", r.said.Report.or(r.standard.Report))
	if c.Report || c.Payout.Payer != File {
		r.rpc(&c.RPC)
	}
	r.db(&c)
	r.server(&c)
	r.harden(&c)
	for _, exchange := range slices.Sorted(maps.Keys(r.said.Exchanges)) {
		c.Markets = append(c.Markets, r.exchange(exchange, c.Pool.Pegged)...)
	}
	r.must(len(r.said.Exchanges) > 0, "exchanges", len(r.said.Exchanges), "must have at least one")
	c.Grants = r.approved("grants", r.said.Grants, c.Pool.Places)
	r.prices(&c)
	c.ALPS, c.Translator, c.Access = r.alps(), r.translator(), r.access()
	r.rules(c)
	return c
}

// required reads an option of a section that must be there.
func (r *reader) required(section, option string, s scalar) bool {
	if !s.set || s.text == "" {
		r.problem("No option '%s' in section: '%s'", option, section)
		return false
	}
	return true
}

func (r *reader) pool(p *Pool) {
	said, standard := r.said.Pool, r.standard.Pool
	if said == nil {
		r.problem("No section: 'pool'")
		said = &poolSection{}
	} else {
		if r.required("pool", "name", said.Name) {
			p.Name = r.name("pool.name", said.Name)
		}
		if r.required("pool", "grant_address", said.GrantAddress) {
			address, err := reward.ParseAddress(said.GrantAddress.text)
			r.must(err == nil, "pool.grant_address", said.GrantAddress.text, "must be a valid NBT address")
			p.GrantAddress = address
		}
		if r.required("pool", "minimum_payout", said.MinimumPayout) {
			p.MinimumPayout = r.amount("pool.minimum_payout", said.MinimumPayout)
		}
	}
	p.Pegged = r.name("pool.pegged", said.Pegged.or(standard.Pegged))
	p.Round = r.duration("pool.round", said.Round.or(standard.Round), time.Second, 24*time.Hour)
	r.must(p.Round%time.Second == 0, "pool.round", p.Round, "must be whole seconds")
	p.Places = r.places("pool.places", said.Places.or(standard.Places))
	p.MaxAge = r.duration("pool.max_age", said.MaxAge.or(scalar{text: max(p.Round*2, time.Second).String()}), p.Round, 24*time.Hour)
	if said.MinAge.set {
		p.MinAge = r.duration("pool.min_age", said.MinAge, 0, 24*time.Hour)
	}
	if said.MaxTargetTolerance.set {
		p.MaxTargetTolerance = r.amount("pool.max_target_tolerance", said.MaxTargetTolerance)
		r.must(p.MaxTargetTolerance.Cmp(one) <= 0, "pool.max_target_tolerance", p.MaxTargetTolerance, "must be at most 1")
	}
}

func (r *reader) payout(p *Payout) {
	said, standard := r.said.Payout, r.standard.Payout
	p.Every = r.duration("payout.every", said.Every.or(standard.Every), time.Minute, 366*24*time.Hour)
	p.Retry = r.duration("payout.retry", said.Retry.or(standard.Retry), time.Second, 24*time.Hour)
	r.must(p.Retry <= p.Every, "payout.retry", p.Retry, "must be at most payout.every")
	p.Places = r.places("payout.places", said.Places.or(standard.Places))
	p.ApproveAbove = r.amount("payout.approve_above", said.ApproveAbove.or(standard.ApproveAbove))
	p.MaxBatch = r.amount("payout.max_batch", said.MaxBatch.or(standard.MaxBatch))
	p.MaxDay = r.amount("payout.max_day", said.MaxDay.or(standard.MaxDay))
	p.Payer = Payer(said.Payer.or(standard.Payer).text)
	p.MaxAttempts = r.integer("payout.max_attempts", said.MaxAttempts.or(standard.MaxAttempts), 1, 10_000)
	confirmations := scalar{text: "6"}
	if p.Payer == File {
		confirmations.text = "0" // a person says that it is paid, and no more
	}
	p.Confirmations = r.integer("payout.confirmations", said.Confirmations.or(confirmations), 0, 10_000)
	r.must(slices.Contains([]Payer{File, Sendmany, Signed}, p.Payer), "payout.payer", p.Payer, "must be file, sendmany or signed")
	p.Folder = said.Folder.or(standard.Folder).text
	r.must(p.Folder != "", "payout.folder", p.Folder, "must not be empty")
}

func (r *reader) rpc(c *RPC) {
	said := r.said.RPC
	if said == nil {
		r.problem("No section: 'rpc'")
		return
	}
	if r.required("rpc", "user", said.User) {
		c.User = said.User.text
	}
	if said.PassFile.set {
		c.Pass = r.secret("rpc.pass_file", said.PassFile.text)
	} else if r.required("rpc", "pass", said.Pass) {
		c.Pass = said.Pass.text
	}
	if r.required("rpc", "host", said.Host) {
		c.Host = said.Host.text
	}
	if r.required("rpc", "port", said.Port) {
		c.Port = said.Port.text
		n, err := strconv.ParseUint(c.Port, 10, 16)
		r.must(err == nil && n > 0, "rpc.port", c.Port, "must be 1 to 65535")
	}
	if said.NumericAmounts.set {
		c.NumericAmounts = r.boolean("rpc.numeric_amounts", said.NumericAmounts)
	}
}

// secret reads a file that nobody else may read.
func (r *reader) secret(field, path string) string {
	info, err := os.Stat(path)
	if err != nil {
		r.problem("%s %q: must be a file: %v", field, path, err)
		return ""
	}
	if !r.must(info.Mode().Perm()&0o077 == 0, field, path, "must be readable by its owner only (chmod 600)") {
		return ""
	}
	text, err := os.ReadFile(path)
	r.must(err == nil && len(text) < maxFile, field, path, "must be readable and short")
	return strings.TrimSpace(string(text))
}

func (r *reader) db(c *Config) {
	if r.said.DB == nil {
		r.problem("No section: 'db'")
		return
	}
	c.Keep = r.duration("db.keep", r.said.DB.Keep.or(r.standard.DB.Keep), 0, 100*366*24*time.Hour)
	r.must(c.Keep == 0 || c.Keep >= 48*time.Hour, "db.keep", c.Keep, "must be 48h or more, or 0s")
	if r.required("db", "dsn", r.said.DB.DSN) {
		c.DSN = r.said.DB.DSN.text
		known := strings.HasPrefix(c.DSN, "sqlite:") || strings.HasPrefix(c.DSN, "postgres://") || strings.HasPrefix(c.DSN, "postgresql://")
		if !known { // its value may hold a password
			r.problem("db.dsn: must begin with sqlite: or postgres://")
		}
	}
}

// server reads what is about the program and not about the pool.
func (r *reader) server(c *Config) {
	c.Listen = r.address("listen", r.said.Listen.or(r.standard.Listen))
	metrics := r.said.Metrics.or(r.standard.Metrics)
	if metrics.text != "off" && metrics.text != "false" { // YAML reads off as false
		c.Metrics = r.address("metrics", metrics)
		r.must(OnLoopback(c.Metrics), "metrics", c.Metrics, "must be on loopback, such as 127.0.0.1:9333, or off")
	}
	c.Hardened = !OnLoopback(c.Listen)
	if r.said.Hardened.set {
		c.Hardened = r.boolean("hardened", r.said.Hardened)
	}
	c.Proxy = r.boolean("proxy", r.said.Proxy.or(r.standard.Proxy))
	c.Requests = r.integer("requests", r.said.Requests.or(r.standard.Requests), 1, 1_000_000)
	c.RebindDelay = r.duration("rebind_delay", r.said.RebindDelay.or(r.standard.RebindDelay), 0, 31*24*time.Hour)
	c.Paper = r.said.Paper.or(r.standard.Paper).text
	at, err := url.Parse(c.Paper)
	ok := err == nil && at.Host != "" && *at == (url.URL{Scheme: at.Scheme, Host: at.Host})
	r.must(ok && at.Scheme == "http" && net.ParseIP(at.Hostname()).IsLoopback(), "paper", c.Paper, "must be http://, a loopback address and a port")
}

// harden sets what hardened mode changes in the rounds, where the file left it
// open.
func (r *reader) harden(c *Config) {
	if !c.Hardened || r.said.Pool == nil {
		return
	}
	if !r.said.Pool.MinAge.set {
		c.Pool.MinAge = c.Pool.Round
	}
	if !r.said.Pool.MaxTargetTolerance.set {
		c.Pool.MaxTargetTolerance = hardenedTolerance
	}
}

// OnLoopback reports whether only this machine can reach the address.
func OnLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// approved reads amounts, each of which counts once under its approval.
func (r *reader) approved(list string, said []grantSection, places int32) []Grant {
	var grants []Grant
	seen := map[string]bool{}
	for i, g := range said {
		field := fmt.Sprintf("%s[%d]", list, i)
		r.must(g.Approval.text != "" && len(g.Approval.text) <= 256, field+".approval", g.Approval.text, "must have 1 to 256 bytes")
		r.must(!seen[g.Approval.text], field+".approval", g.Approval.text, "must be there once")
		seen[g.Approval.text] = true
		amount := r.amount(field+".amount", g.Amount)
		r.must(amount.IsPositive(), field+".amount", g.Amount.text, "must be > 0")
		r.must(amount.Equal(amount.Truncate(places)), field+".amount", amount, fmt.Sprintf("must have at most %d decimals", places))
		grants = append(grants, Grant{g.Approval.text, amount})
	}
	return grants
}

// rules are those that concern several fields.
func (r *reader) rules(c Config) {
	for _, m := range c.Markets {
		if _, ok := c.Prices[m.Unit]; !ok {
			r.problem("There is no price set for %s", m.Unit)
		}
	}
	for _, m := range c.Markets {
		if widest := c.Pool.MaxTargetTolerance; widest.IsPositive() && !counts(m.Ask, widest) && !counts(m.Bid, widest) {
			r.problem("pool.max_target_tolerance %q: must let a paid rank of %s.%s count towards its target", widest, m.Exchange, m.Unit)
		}
	}
	if len(r.problems) > 0 {
		return
	}
	// The engines have the last word; most of what they could say is said above.
	if _, err := reward.New(c.Reward()); err != nil {
		r.problem("%v", err)
	}
	if _, err := payout.New(c.Payouts()); err != nil {
		r.problem("%v", err)
	}
	if c.ALPS != nil {
		if _, err := liquidity.New(c.ALPS.Engine); err != nil {
			r.problem("alps: %v", err)
		}
	}
	if c.Translator != nil {
		if _, err := risk.New(c.Translator.Engine); err != nil {
			r.problem("translator: %v", err)
		}
	}
}

// counts reports whether a rank of b is paid and not too wide.
func counts(b reward.Book, widest decimal.Decimal) bool {
	return slices.ContainsFunc(b.Ranks, func(rank reward.Rank) bool {
		return rank.Ratio.IsPositive() && rank.Tolerance.Cmp(widest) <= 0
	})
}

var (
	one               = decimal.New(1, 0)
	hardenedTolerance = decimal.New(5, -2)
)

func (r *reader) amount(field string, s scalar) decimal.Decimal {
	d, ok := s.number()
	r.must(ok && !d.IsNegative(), field, s.text, "must be a plain number >= 0, below 1e18, with at most 18 decimals")
	return d
}

func (r *reader) places(field string, s scalar) int32 {
	return int32(r.integer(field, s, 0, 18))
}

func (r *reader) integer(field string, s scalar, least, most int) int {
	n, ok := s.integer()
	r.must(ok && n >= least && n <= most, field, s.text, fmt.Sprintf("must be %d to %d", least, most))
	return n
}

func (r *reader) duration(field string, s scalar, least, most time.Duration) time.Duration {
	d, ok := s.duration()
	r.must(ok && d >= least && d <= most, field, s.text, fmt.Sprintf("must be %v to %v, such as 90s or 24h", least, most))
	return d
}

func (r *reader) boolean(field string, s scalar) bool {
	value, ok := s.boolean()
	r.must(ok, field, s.text, "must be true or false")
	return value
}

func (r *reader) address(field string, s scalar) string {
	host, port, err := net.SplitHostPort(s.text)
	n, portErr := strconv.ParseUint(port, 10, 16)
	r.must(err == nil && portErr == nil && n <= 65535 && !strings.ContainsAny(host, " /"), field, s.text, "must be host:port")
	return s.text
}

// name reads what becomes part of an identifier.
func (r *reader) name(field string, s scalar) string {
	plain := strings.TrimFunc(s.text, func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c)
	}) == ""
	r.must(plain && s.text != "" && len(s.text) <= 32, field, s.text, "must be 1 to 32 letters, digits, dots, dashes or underscores")
	return s.text
}

func (r *reader) pair(field string, s scalar) exchange.Pair {
	p, err := exchange.ParsePair(s.text)
	r.must(err == nil, field, s.text, "must be BASE/QUOTE")
	return p
}
