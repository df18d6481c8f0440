package keeperfile

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// reader is a yamlfile.Reader that knows chains.
type reader struct{ yamlfile.Reader }

// judge reads the values, and lets those who will use them judge them.
func (f file) judge() (Bot, error) {
	r := &reader{}
	b := Bot{
		Name: cmp.Or(f.Name, "peg"), Peg: r.Number("peg", f.Peg, "1"),
		State: cmp.Or(f.State, "sqlite:bot-keeper.db"), Metrics: cmp.Or(f.Metrics, "127.0.0.1:9335"),
		Every: r.Duration("every", f.Every, time.Second), GiveUp: r.Duration("give_up", f.GiveUp, time.Minute),
	}
	if b.Metrics == "off" {
		b.Metrics = ""
	}
	r.Must(len(b.Name) <= 64, "name", b.Name, "must have at most 64 bytes")
	r.Must(b.Peg.IsPositive(), "peg", b.Peg, "must be > 0")
	b.Engine = r.engine(f)
	b.Place = r.place(f, b.Engine)
	r.Must(b.Every >= 100*time.Millisecond && b.Every <= time.Minute, "every", b.Every, "must be 100ms to 1m")
	r.Must(2*b.Every <= b.Engine.BlockTime, "every", b.Every, "must be at most half of block_time "+b.Engine.BlockTime.String())
	r.Must(b.GiveUp > 2*b.Every && b.GiveUp <= time.Hour, "give_up", b.GiveUp, "must be more than twice every, up to 1h")
	if f.Feeds != nil {
		market := r.Feeds(*f.Feeds, b.Every, b.Engine.MaxPriceAge)
		b.Market = &market
	}
	r.reserve(&b, f.Reserve)
	if r.Err() == nil { // a value that could not be read would be blamed twice
		_, err := stabilizer.New(b.Engine)
		r.Blame(err, stabilizer.ErrInvalid, "", "")
		_, err = monitor.New(b.Reserve)
		r.Blame(err, monitor.ErrInvalid, "", "reserve.")
	}
	return b, r.Err()
}

// engine reads the profile, and over it what the file wants otherwise.
func (r *reader) engine(f file) stabilizer.Config {
	profiles := map[string]func(exchange.Pair, string, decimal.Decimal, time.Duration) stabilizer.Config{
		"target": stabilizer.Target, "conservative": stabilizer.Conservative,
	}
	profile := profiles[cmp.Or(f.Profile, "target")]
	if profile == nil {
		r.Must(false, "profile", f.Profile, "must be target or conservative")
		profile = stabilizer.Target
	}
	depth := r.Number("depth_units_per_bps", f.Depth, "0")
	r.Must(depth.IsPositive(), "depth_units_per_bps", depth, "must be > 0: what moves the pool by one bps")
	c := profile(r.Pair("pair", f.Pair), "pool", depth, r.Duration("block_time", f.BlockTime, 2*time.Second))
	if f.Via != "" {
		c.Traded, c.Anchor = "private", f.Via
		c.Route = []stabilizer.Leg{{In: c.Pair.Base, Out: f.Via}, {In: f.Via, Out: c.Pair.Quote}}
	}
	for _, n := range []struct {
		to          *decimal.Decimal
		field, text string
	}{
		{&c.ThetaEnterBps, "theta_enter_bps", f.ThetaEnterBps},
		{&c.ThetaExitBps, "theta_exit_bps", f.ThetaExitBps},
		{&c.BlockCap, "block_cap", f.BlockCap},
		{&c.MaxSlippageBps, "max_slippage_bps", f.MaxSlippageBps},
		{&c.MaxGasGwei, "max_gas_gwei", f.MaxGasGwei},
		{&c.HaltBps, "halt_bps", f.HaltBps},
		{&c.DailyLossBudget, "daily_loss_budget", f.DailyLossBudget},
		{&c.Base.Floor, "base_floor", f.BaseFloor},
		{&c.Quote.Floor, "quote_floor", f.QuoteFloor},
		{&c.FeeBps, "fee_bps", f.FeeBps},
	} {
		*n.to = r.Number(n.field, n.text, n.to.String())
	}
	c.EmergencyGasGwei = decimal.Max(c.EmergencyGasGwei, c.MaxGasGwei)
	c.SustainBlocks = r.blocks("sustain_blocks", f.SustainBlocks, c.SustainBlocks)
	c.MinBlocks = r.blocks("min_blocks", f.MinBlocks, c.MinBlocks)
	c.TWAPBlocks = r.Count("twap_blocks", f.TWAPBlocks, c.TWAPBlocks)
	c.AllowPublic = r.Yes("allow_public", f.AllowPublic, false)
	return c
}

func (r *reader) blocks(field, text string, standard uint64) uint64 {
	n := r.Count(field, text, int(standard))
	r.Must(n >= 0, field, n, "must be 0 or more")
	return uint64(max(n, 0))
}

// place reads where to work.
func (r *reader) place(f file, c stabilizer.Config) Place {
	if f.Chain == Demo {
		for _, left := range []struct{ field, text string }{
			{"key_file", f.KeyFile}, {"stabilizer", f.Stabilizer}, {"pool", f.Pool}, {"via", f.Via},
		} {
			r.Must(left.text == "", left.field, left.text, "must be left out with chain demo")
		}
		r.Must(len(f.RPC) == 0, "rpc", f.RPC, "must be left out with chain demo")
		r.Must(len(f.Tokens) == 0, "tokens", len(f.Tokens), "must be left out with chain demo")
		return Place{Demo: true}
	}
	id, err := strconv.ParseUint(f.Chain, 10, 63)
	r.Must(err == nil && id > 0, "chain", f.Chain, "must be an EIP-155 number, or demo")
	p := Place{
		Chain: id, RPC: f.RPC, Private: f.Private, KeyFile: f.KeyFile,
		MaxHeadAge: r.Duration("max_head_age", f.MaxHeadAge, time.Minute),
		Stabilizer: r.address("stabilizer", f.Stabilizer), Pool: r.address("pool", f.Pool),
		Tokens: map[string]stabilizer.Token{},
	}
	r.Must(len(f.RPC) == 1 || len(f.RPC) == 2, "rpc", len(f.RPC), "must name one or two nodes")
	for _, at := range slices.Concat(f.RPC, f.Private) {
		r.Must(nodeURL(at), "rpc", hidden(at), "must be https://..., or http://... on loopback")
	}
	r.Must(len(f.Private) > 0 || c.AllowPublic, "private_rpc", "", "must name a relay, or allow_public be true")
	r.Must(f.KeyFile != "", "key_file", f.KeyFile, "must name the file with the keeper's private key")
	for _, name := range needed(c) {
		t, said := f.Tokens[name]
		r.Must(said, "tokens", name, "must have address and decimals")
		if said {
			decimals := r.Count("tokens."+name+".decimals", t.Decimals, -1)
			r.Must(decimals >= 0 && decimals <= 36, "tokens."+name+".decimals", t.Decimals, "must be 0 to 36")
			p.Tokens[name] = stabilizer.Token{Address: r.address("tokens."+name+".address", t.Address), Decimals: uint8(max(0, min(36, decimals)))}
		}
	}
	for name := range f.Tokens {
		r.Must(slices.Contains(needed(c), name), "tokens", name, "must be one of "+fmt.Sprint(needed(c)))
	}
	return p
}

// needed is the tokens of a route.
func needed(c stabilizer.Config) []string {
	names := []string{c.Pair.Base, c.Pair.Quote}
	if len(c.Route) == 2 {
		names = append(names, c.Anchor)
	}
	return names
}

func (r *reader) address(field, text string) chain.Address {
	a, err := chain.ParseAddress(text)
	r.Must(err == nil && a != chain.Address{}, field, text, `must be "0x" and 40 hexadecimal digits, not all 0`)
	return a
}

// nodeURL reports whether nobody on the way can read what goes to a node, nor
// change what it answers.
func nodeURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback()
}

// hidden leaves out of a node's address what may be a key.
func hidden(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(not shown)"
	}
	return u.Scheme + "://" + u.Host
}

// reserve reads how much must be held.
func (r *reader) reserve(b *Bot, h held) {
	b.Owed = r.Number("reserve.owed", h.Owed, "0")
	r.Must(!b.Owed.IsNegative(), "reserve.owed", b.Owed, "must be 0 or more")
	b.Reserve = monitor.Config{
		Factor: r.Number("reserve.factor", h.Factor, strconv.Itoa(reserve.DefaultFactor)), PeakPerMinute: r.Number("reserve.peak_per_minute", h.PeakPerMinute, "833"),
		Window: r.Duration("reserve.window", h.Window, 5*time.Minute), Quantile: reserve.MinuteQuantile, Tail: reserve.OnceAYear,
		RefillTo: decimal.New(15, -1), RefillPatience: refillPatience,
		Vault: reserve.Limit{DailyCap: r.Number("reserve.daily_cap", h.DailyCap, "0"), ApprovalAbove: r.Number("reserve.approval_above", h.ApprovalAbove, "0")},
	}
	b.Reserve.MinRefill = decimal.Max(decimal.NewFromInt(1), b.Reserve.Vault.DailyCap.DivRound(decimal.NewFromInt(100), 0))
	switch {
	case h.Vault == "":
		r.Must(!b.Reserve.Vault.DailyCap.IsPositive(), "reserve.daily_cap", h.DailyCap, "must be left out without reserve.vault")
	case b.Place.Demo:
		r.Must(h.Vault == Demo, "reserve.vault", h.Vault, "must be demo with chain demo")
	default:
		b.Vault = r.address("reserve.vault", h.Vault)
	}
}

// refillPatience is how long a refill may be on its way before somebody is told.
const refillPatience = 15 * time.Minute
