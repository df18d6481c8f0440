package capital

import "errors"

// The kinds of error; ask with errors.Is.
var (
	ErrInvalid         = errors.New("capital: invalid")
	ErrUnknownScenario = errors.New("capital: unknown scenario")
	ErrUnknownProfile  = errors.New("capital: unknown profile")
	ErrShard           = errors.New("capital: shard") // cannot be read, or does not fit the others
)
