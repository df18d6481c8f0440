// Package keeperfile reads what a keeper goes by: a file of YAML that says which peg
// to hold, on which chain, with which contracts, and how much must be held for it.
package keeperfile

import (
	"errors"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// ErrInvalid is wrapped by everything that is wrong with a file.
var ErrInvalid = errors.New("keeper configuration")

// Demo is the chain in memory, and its accounts.
const Demo = "demo"

// Bot is what a file comes to.
type Bot struct {
	Name   string
	Engine stabilizer.Config
	Peg    decimal.Decimal
	Place  Place
	Market *yamlfile.Sources // nil for none

	Reserve monitor.Config
	Owed    decimal.Decimal // what health is measured against; 0 is not known
	Vault   chain.Address   // of refills; nobody for none

	Every   time.Duration
	GiveUp  time.Duration // so long without success, and what is pending is taken back
	State   string        // DSN of store/sql
	Metrics string        // loopback address; "" is none
}

// Key is that of the keeper's journal and inbox.
func (b Bot) Key() string { return "keeper/" + b.Name }

// ReserveKey is that of the journal of its reserve.
func (b Bot) ReserveKey() string { return b.Key() + "/reserve" }

// Place is where a keeper works.
type Place struct {
	Demo bool // the chain in memory; all that follows is then nothing

	Chain      uint64   // EIP-155 number
	RPC        []string // one, or two that must agree
	Private    []string // for transactions only
	MaxHeadAge time.Duration
	KeyFile    string

	Stabilizer, Pool chain.Address
	Tokens           map[string]stabilizer.Token
}

// file is the YAML before anybody has judged it.
type file struct {
	Name      string `yaml:"name"`
	Pair      string `yaml:"pair"`
	Peg       string `yaml:"peg"`
	Profile   string `yaml:"profile"`
	Depth     string `yaml:"depth_units_per_bps"`
	BlockTime string `yaml:"block_time"`
	Every     string `yaml:"every"`

	place  `yaml:",inline"`
	limits `yaml:",inline"`

	State   string          `yaml:"state"`
	Metrics string          `yaml:"metrics"`
	GiveUp  string          `yaml:"give_up"`
	Feeds   *yamlfile.Feeds `yaml:"feeds"`
	Reserve held            `yaml:"reserve"`
}

type place struct {
	Chain      string           `yaml:"chain"`
	RPC        []string         `yaml:"rpc"`
	Private    []string         `yaml:"private_rpc"`
	MaxHeadAge string           `yaml:"max_head_age"`
	KeyFile    string           `yaml:"key_file"`
	Stabilizer string           `yaml:"stabilizer"`
	Pool       string           `yaml:"pool"`
	Tokens     map[string]token `yaml:"tokens"`
	Via        string           `yaml:"via"`
}

type token struct {
	Address  string `yaml:"address"`
	Decimals string `yaml:"decimals"`
}

type limits struct {
	ThetaEnterBps   string `yaml:"theta_enter_bps"`
	ThetaExitBps    string `yaml:"theta_exit_bps"`
	SustainBlocks   string `yaml:"sustain_blocks"`
	TWAPBlocks      string `yaml:"twap_blocks"`
	MinBlocks       string `yaml:"min_blocks"`
	BlockCap        string `yaml:"block_cap"`
	MaxSlippageBps  string `yaml:"max_slippage_bps"`
	MaxGasGwei      string `yaml:"max_gas_gwei"`
	HaltBps         string `yaml:"halt_bps"`
	DailyLossBudget string `yaml:"daily_loss_budget"`
	BaseFloor       string `yaml:"base_floor"`
	QuoteFloor      string `yaml:"quote_floor"`
	FeeBps          string `yaml:"fee_bps"`
	AllowPublic     string `yaml:"allow_public"`
}

type held struct {
	PeakPerMinute string `yaml:"peak_per_minute"`
	Window        string `yaml:"window"`
	Factor        string `yaml:"factor"`
	Owed          string `yaml:"owed"`
	Vault         string `yaml:"vault"`
	DailyCap      string `yaml:"daily_cap"`
	ApprovalAbove string `yaml:"approval_above"`
}

// Read returns what a file says, or everything that is wrong with it, a line each,
// naming field, value and rule.
func Read(r io.Reader, name string) (Bot, error) {
	var f file
	if err := yamlfile.Decode(r, &f, ErrInvalid, name, "keeper.yaml"); err != nil {
		return Bot{}, err
	}
	bot, err := f.judge()
	if err != nil {
		return Bot{}, yamlfile.Wrap(err, ErrInvalid, name)
	}
	return bot, nil
}
