// Package makerfile reads what a maker goes by: a file of YAML, whose keys are the
// fields of maker.Config in small letters, and beside them where to trade, whose
// prices to believe and where to write all of it down.
package makerfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// ErrInvalid is wrapped by everything that is wrong with a file.
var ErrInvalid = errors.New("maker configuration")

// MaxBytes is more than a file has.
const MaxBytes = 1 << 20

// Bot is what a file comes to.
type Bot struct {
	Maker maker.Config
	Feeds Feeds

	Venue   string
	KeyFile string
	State   string        // DSN of store/sql
	Metrics string        // loopback address; "" is none
	Every   time.Duration // between two looks
	DeadMan time.Duration // what the venue's timer is set to; 0 is none
}

// Key is that of the maker's journal and inbox.
func (b Bot) Key() string { return "maker/" + b.Maker.Name }

// Feeds is whose prices count.
type Feeds struct {
	Sources      []string // names of exchanges
	MaxSpreadBps number   // of a book
	Filter       exchange.FilterConfig
}

// file is the YAML before anybody has judged it. Every value is text, so that a
// number is read as it was written and "left out" is not 0.
type file struct {
	Name    string `yaml:"name"`
	Pair    string `yaml:"pair"`
	Venue   string `yaml:"venue"`
	KeyFile string `yaml:"key_file"`
	Live    string `yaml:"live"`
	Every   string `yaml:"every"`
	State   string `yaml:"state"`
	Metrics string `yaml:"metrics"`

	Bids   ladder `yaml:"bids"`
	Asks   ladder `yaml:"asks"`
	AddFee string `yaml:"add_fee"`
	Band   struct {
		Peg     string `yaml:"peg"`
		Bps     string `yaml:"bps"`
		Outside string `yaml:"outside"`
		WidenBy string `yaml:"widen_by"`
	} `yaml:"band"`
	Skew struct {
		By     string `yaml:"by"`
		Target string `yaml:"target"`
		Range  string `yaml:"range"`
		MaxBps string `yaml:"max_bps"`
	} `yaml:"skew"`

	TolerancePriceBps string `yaml:"tolerance_price_bps"`
	ToleranceAmount   string `yaml:"tolerance_amount"`
	MaxFlow           string `yaml:"max_flow"`
	KeepAside         string `yaml:"keep_aside"`
	MaxLoss           string `yaml:"max_loss"`
	MaxAge            string `yaml:"max_age"`
	CancelAll         string `yaml:"cancel_all"`
	GiveUp            string `yaml:"give_up"`
	MaxRetries        string `yaml:"max_retries"`
	Stagger           struct {
		Every string `yaml:"every"`
		Slots string `yaml:"slots"`
	} `yaml:"stagger"`
	DeadMan string `yaml:"dead_man"`
	Feeds   struct {
		Sources          []string `yaml:"sources"`
		Quorum           string   `yaml:"quorum"`
		MaxSpreadBps     string   `yaml:"max_spread_bps"`
		MaxDivergenceBps string   `yaml:"max_divergence_bps"`
		MaxJumpBps       string   `yaml:"max_jump_bps"`
	} `yaml:"feeds"`
}

type ladder struct {
	OffsetBps  string `yaml:"offset_bps"`
	Wall       string `yaml:"wall"`
	WidthBps   string `yaml:"width_bps"`
	DensityBps string `yaml:"density_bps"`
	Curve      string `yaml:"curve"`
	Steepness  string `yaml:"steepness"`
	Max        string `yaml:"max"`
}

// Read returns what a file says, or everything that is wrong with it, a line
// each, naming field, value and rule. What a live maker needs beyond a replayed
// one is [Bot.Live]'s matter.
func Read(r io.Reader, name string) (Bot, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(text) > MaxBytes {
		err = fmt.Errorf("%w: %s: must have at most %d bytes", ErrInvalid, name, MaxBytes)
	}
	if err != nil {
		return Bot{}, err
	}
	var f file
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return Bot{}, fmt.Errorf("%w: %s: %s", ErrInvalid, name, plain(err))
	}
	bot, err := f.judge()
	if err != nil {
		return Bot{}, fmt.Errorf("%w: %s: %s", ErrInvalid, name, strings.ReplaceAll(err.Error(), "\n", fmt.Sprintf("\n%v: %s: ", ErrInvalid, name)))
	}
	return bot, nil
}

var (
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	intoType   = regexp.MustCompile(` into \S+$`)
)

// plain says what is wrong with YAML without our own types.
func plain(err error) string {
	var wrong *yaml.TypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	text := unknownKey.ReplaceAllString(wrong.Errors[0], `$1: must be one of the keys of maker.yaml`)
	return intoType.ReplaceAllString(text, ": must be one value, or keys where there are some")
}
