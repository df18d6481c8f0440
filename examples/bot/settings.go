package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

// settings is what the pool command goes by: the defaults, over these the
// configuration file, over that the flags.
type settings struct {
	Server       string        `yaml:"server"        help:"Scheme and host of the ALP server; plain http at a loopback address only (default http://127.0.0.1:3333)."`
	Exchange     string        `yaml:"exchange"      help:"Exchange as the pool names it (default: the venue; with --paper test_exchange)."`
	Unit         string        `yaml:"unit"          help:"Unit that the pool rewards (default btc)."`
	Pair         string        `yaml:"pair"          help:"Pair as the exchange trades it; with --paper the pegged asset first (default NBT/UNIT)."`
	Address      string        `yaml:"address"       help:"Payout address (with --paper one that nobody has the key of)."`
	Every        time.Duration `yaml:"every"         help:"Time between submissions (default 60s)."`
	Venue        string        `yaml:"venue"         help:"Exchange where the account is."`
	KeyFile      string        `yaml:"key_file"      help:"File with key and secret of the API, mode 0600." env:"EVENKEEL_BOT_KEY_FILE"`
	IdentityFile string        `yaml:"identity_file" help:"File with the bot's own key, made on first use (default bot-identity.key; with --paper none)."`
}

// What stands where nothing is said.
const (
	defaultServer   = "http://127.0.0.1:3333"
	defaultUnit     = "btc"
	defaultEvery    = time.Minute
	defaultIdentity = "bot-identity.key"

	testExchange = "test_exchange"
	// nobody's address: of a hash of zeros.
	nobody = "B4T5ciTCkWauSqVAcVKy88ofjcSasUkSYU"
)

// Bounds of settings.Every.
const (
	minEvery = time.Second
	maxEvery = time.Hour
)

// maxConfig is more than a configuration has, in bytes.
const maxConfig = 1 << 20

// readSettings reads a configuration file of YAML.
func readSettings(path string) (settings, error) {
	var s settings
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close() //nolint:errcheck // only read from
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = fmt.Errorf("%s: must have at most %d bytes", path, maxConfig)
	}
	if err != nil {
		return s, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// over returns s where it says something, else what base says.
func (s settings) over(base settings) settings {
	for _, field := range []struct{ mine, theirs *string }{
		{&s.Server, &base.Server},
		{&s.Exchange, &base.Exchange},
		{&s.Unit, &base.Unit},
		{&s.Pair, &base.Pair},
		{&s.Address, &base.Address},
		{&s.Venue, &base.Venue},
		{&s.KeyFile, &base.KeyFile},
		{&s.IdentityFile, &base.IdentityFile},
	} {
		if *field.mine == "" {
			*field.mine = *field.theirs
		}
	}
	if s.Every == 0 {
		s.Every = base.Every
	}
	return s
}

// complete adds the defaults.
func (s settings) complete(paper bool) settings {
	base := settings{Server: defaultServer, Unit: defaultUnit, Every: defaultEvery, Exchange: s.Venue, IdentityFile: defaultIdentity}
	if paper {
		base.Exchange, base.Address, base.IdentityFile = testExchange, nobody, ""
	}
	s = s.over(base)
	if s.Pair == "" {
		s.Pair = "NBT/" + strings.ToUpper(s.Unit)
	}
	return s
}

// validate returns everything that is wrong, one line each, naming field, value
// and rule.
func (s settings) validate(paper bool) error {
	var wrong []error
	must := func(ok bool, field string, value any, rule string) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s %q: %s", field, fmt.Sprint(value), rule))
		}
	}
	_, pairErr := exchange.ParsePair(s.Pair)
	_, addressErr := reward.ParseAddress(s.Address)
	must(pairErr == nil, "pair", s.Pair, "must be BASE/QUOTE")
	must(addressErr == nil, "address", s.Address, "must be an NBT address: B, then base58 with a valid checksum")
	must(s.Every >= minEvery && s.Every <= maxEvery, "every", s.Every, fmt.Sprintf("must be %v to %v", minEvery, maxEvery))
	if paper {
		must(s.Venue == "", "venue", s.Venue, "must be left out with --paper, which is a venue of its own")
	} else {
		must(slices.Contains(venue.Names(), s.Venue), "venue", s.Venue, "must be one of "+strings.Join(venue.Names(), ", "))
		must(s.KeyFile != "", "key_file", s.KeyFile, "must name the file with the API key")
	}
	return errors.Join(wrong...)
}
