// Package makerfile reads what a maker goes by: a file of YAML, whose keys are the
// fields of maker.Config in small letters, and beside them where to trade, whose
// prices to believe and where to write all of it down.
package makerfile

import (
	"errors"
	"io"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/yamlfile"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// ErrInvalid is wrapped by everything that is wrong with a file.
var ErrInvalid = errors.New("maker configuration")

// Bot is what a file comes to.
type Bot struct {
	Maker maker.Config
	Feeds yamlfile.Sources

	Venue   string
	KeyFile string
	State   string        // DSN of store/sql
	Metrics string        // loopback address; "" is none
	Every   time.Duration // between two looks
	DeadMan time.Duration // what the venue's timer is set to; 0 is none
}

// Key is that of the maker's journal and inbox.
func (b Bot) Key() string { return "maker/" + b.Maker.Name }

// file is the YAML before anybody has judged it.
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
	DeadMan string         `yaml:"dead_man"`
	Feeds   yamlfile.Feeds `yaml:"feeds"`
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
	var f file
	if err := yamlfile.Decode(r, &f, ErrInvalid, name, "maker.yaml"); err != nil {
		return Bot{}, err
	}
	bot, err := f.judge()
	if err != nil {
		return Bot{}, yamlfile.Wrap(err, ErrInvalid, name)
	}
	return bot, nil
}
