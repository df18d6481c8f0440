package evm

import (
	"errors"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/chain/evm/internal/source"
)

// Why there is no answer to believe. Each comes with the endpoint, by its place in
// Config.URLs and never by its address, and with the block.
var (
	ErrNoAnswer  = source.ErrNoAnswer  // the network, a timeout, or a server error
	ErrBusy      = source.ErrBusy      // an endpoint told us to wait
	ErrBadAnswer = source.ErrBadAnswer // too long, not JSON-RPC, or against its own rules
	ErrLagging   = source.ErrLagging   // an endpoint is too far behind the other
	ErrStale     = source.ErrStale     // the newest block is too old, or from the future
	ErrLying     = source.ErrLying     // an endpoint names a head that it cannot serve
	ErrDisagree  = source.ErrDisagree  // endpoints differ about a fact
)

// Why nothing was sent, beyond the reasons that package chain knows.
var (
	ErrUnfunded = errors.New("evm: account cannot pay")
	ErrBacklog  = errors.New("evm: too many transactions wait")
)

// ErrForeign means that a nonce of ours was used by a transaction that we did not
// sign, or that the nodes do not show us the one that used it. No id under that nonce
// is sent again: a person has to look.
var ErrForeign = errors.New("evm: nonce used by an unknown transaction")

// oneLine joins errors as errors.Join does, but for people who read logs by the line.
func oneLine(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) < 2 {
		return errors.Join(errs...)
	}
	return several(errs)
}

type several []error

func (s several) Error() string {
	var texts []string
	for _, err := range s {
		texts = append(texts, err.Error())
	}
	return strings.Join(texts, "; ")
}

func (s several) Unwrap() []error { return s }
