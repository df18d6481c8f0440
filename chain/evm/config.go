package evm

import (
	"net/http"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Final says which block is final enough to be a Client's Head. The zero Final is
// the newest block.
//
// What is final enough depends on what is at stake. Who looks at small amounts early
// and at large ones late opens one Client for each: with the same Signer, Store and
// Key they share one outbox, and each reports as of its own Head.
type Final struct {
	Blocks uint64 // that many blocks must stand above it, 0 to 1,024
	Tag    string // "safe" or "finalized": what the chain's consensus says; then Blocks is 0
}

// Config describes a chain, who tells of it, and who signs.
type Config struct {
	ChainID uint64   // EIP-155, > 0; every endpoint must name it
	URLs    []string // one or two JSON-RPC endpoints over https, or http at a loopback or private address
	Need    int      // how many of them must answer; 0 is all
	MaxLag  uint64   // blocks by which one may be behind the other
	MaxFork uint64   // newest blocks about which they may differ, at most 1,024
	Final   Final
	MaxAge  time.Duration // of the newest block, > 0; with an older one there is no Head, and so nothing is decided

	Signer      Signer         // nil reads only
	Store       evenkeel.Store // with a Signer required: keeps what was signed, every record of it
	Key         string         // of the journal in Store: one per chain and account
	PrivateURLs []string       // up to two endpoints that take eth_sendRawTransaction and keep it out of the public mempool

	// TipWei is offered per unit of gas to who makes the block, as far as a
	// transaction's MaxGasPrice allows, > 0. It is part of every Block's GasPrice: a
	// node's own suggestion changes from call to call, a block does not.
	TipWei uint256.Int
	// GasLimit is that of every call. With 0 the node estimates it, at the price of
	// refusing what would revert in the next block: chain.ErrReverted, and nothing is sent.
	GasLimit uint64
	// WithdrawGasWei is the most that a unit of gas may cost when what is past its
	// deadline is taken out of the way of what comes after it, > 0. A tenth more than
	// the last offer, which is what a replacement needs, is allowed in any case.
	WithdrawGasWei uint256.Int

	Timeout  time.Duration // of one request, 0 to 5 min; 0 is 10 s
	Patience time.Duration // how long a call may wait to ask again who was busy or silent, 0 to 5 min; 0 is not at all
	MaxBytes int64         // of one answer, 0 to 1 GiB; 0 is 8 MiB

	Clock        clock.Clock       // nil is the real one
	RoundTripper http.RoundTripper // nil is http.DefaultTransport
}

type rule valid.Rule

func check(rules ...rule) error { return valid.Check(chain.ErrInvalid, rules...) }

const (
	maxConfirmations = 1024
	maxGasLimit      = 100_000_000 // three blocks of Ethereum
	mustFollowTag    = "must be empty, safe or finalized, and empty beside Blocks"
)

func (c Config) check() error {
	f := c.Final
	if err := check(
		rule{f.Blocks <= maxConfirmations, "Final.Blocks", f.Blocks, "must be at most 1024"},
		rule{f.Tag == "" || (f.Blocks == 0 && (f.Tag == "safe" || f.Tag == "finalized")), "Final.Tag", f.Tag, mustFollowTag},
		rule{len(c.PrivateURLs) <= 2, "PrivateURLs", len(c.PrivateURLs), "must be at most two"},
	); err != nil || c.Signer == nil {
		return err
	}
	return check(
		rule{c.Store != nil, "Store", nil, "must not be nil beside a Signer"},
		rule{valid.Named(c.Key), "Key", c.Key, valid.MustBeNamed},
		rule{!c.TipWei.IsZero(), "TipWei", 0, "must be > 0"},
		rule{!c.WithdrawGasWei.IsZero(), "WithdrawGasWei", 0, "must be > 0"},
		rule{c.GasLimit == 0 || (c.GasLimit >= transferGas && c.GasLimit <= maxGasLimit), "GasLimit", c.GasLimit, "must be 0, or 21000 to 100000000"},
	)
}

// source is the part that says how the chain is read.
func (c Config) source() source.Config {
	return source.Config{
		URLs: c.URLs, ChainID: c.ChainID, Need: c.Need,
		MaxLag: c.MaxLag, MaxFork: c.MaxFork, MaxAge: c.MaxAge,
		Options: c.options(),
	}
}

func (c Config) options() source.Options {
	return source.Options{
		Timeout: c.Timeout, Patience: c.Patience, MaxBytes: c.MaxBytes,
		Clock: c.Clock, RoundTripper: c.RoundTripper,
	}
}
