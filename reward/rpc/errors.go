package rpc

import (
	"errors"
	"fmt"
)

// What a call that did not succeed means for what it should have changed. An
// answer of the daemon is an [Error].
var (
	ErrInvalid  = errors.New("rpc: invalid")   // malformed argument: field, value and rule
	ErrNotSent  = errors.New("rpc: not sent")  // the daemon has not begun, and will not
	ErrNoAnswer = errors.New("rpc: no answer") // it may do it, may have done it, or may do it yet
)

// Error is a daemon's refusal in its own words.
type Error struct {
	Method  string
	Code    int // bitcoind src/rpc/protocol.h
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("rpc: %s: code %d: %.200q", e.Method, e.Code, e.Message)
}

// Codes that say more than no (bitcoind src/rpc/protocol.h).
const (
	notInWallet    = -5
	alreadyInChain = -27
	methodUnknown  = -32601
)

// fromDaemon reports whether the refusal is the daemon's own. Other codes come
// from what stands in front of it, which may have given up on a call that the
// daemon still carries out.
func (e *Error) fromDaemon() bool { return e.Code > -100 && e.Code < 0 || e.Code == methodUnknown }

// refusal returns the daemon's own refusal in err, or nil.
func refusal(err error) *Error {
	var e *Error
	if errors.As(err, &e) && e.fromDaemon() {
		return e
	}
	return nil
}

// invalid is the one form of a malformed field: its name, its value, the rule.
func invalid(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s %v: %s", ErrInvalid, field, value, rule)
}
