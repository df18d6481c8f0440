package pmm

import "errors"

// Revert is the require string with which the contracts refuse, and the error
// with which this package refuses in their place. A pool that reverts is as it
// was before.
type Revert string

// The require strings of DODO contractV2 c58c067. Those of arithmetic come from
// SafeMath.sol; ErrDust and ErrNoTarget from DODOMath.sol.
const (
	ErrMul      Revert = "MUL_ERROR"                    // a product of 2^256 or more
	ErrAdd      Revert = "ADD_ERROR"                    // a sum of 2^256 or more
	ErrSub      Revert = "SUB_ERROR"                    // a difference below zero
	ErrDiv      Revert = "DIVIDING_ERROR"               // a division by zero
	ErrNoTarget Revert = "TARGET_IS_ZERO"               // the side to be paid out has never been funded
	ErrDust     Revert = "DODOMath: should not be zero" // what would be left is less than the formula can see
	ErrOverflow Revert = "OVERFLOW"                     // a reserve or target of 2^112 or more

	ErrTransfer Revert = "SafeERC20: low-level call failed" // more paid out than the pool holds
	ErrFlash    Revert = "FLASH_LOAN_FAILED"                // less returned than the pool would have sold

	ErrNoBase      Revert = "NO_BASE_INPUT"
	ErrNoQuote     Revert = "ZERO_QUOTE_AMOUNT"
	ErrQuoteTarget Revert = "QUOTE_TARGET_IS_ZERO"
	ErrFewShares   Revert = "MINT_AMOUNT_NOT_ENOUGH"       // DSP
	ErrMintDVM     Revert = "MINT_INVALID"                 // the same, in the words of a DVM
	ErrFirstBase   Revert = "INSUFFICIENT_LIQUIDITY_MINED" // a DVM's first deposit below 1000 wei of base
	ErrSharesHeld  Revert = "DLP_NOT_ENOUGH"
	ErrWithdraw    Revert = "WITHDRAW_NOT_ENOUGH"
	ErrReserve     Revert = "RESERVE_AMOUNT_IS_NOT_ENOUGH"
	ErrLPFeeRange  Revert = "LP_FEE_RATE_OUT_OF_RANGE"
	ErrKRange      Revert = "K_OUT_OF_RANGE"
	ErrIRange      Revert = "I_OUT_OF_RANGE"
)

// Error says the require string.
func (r Revert) Error() string { return "pmm: revert: " + string(r) }

// Errors of this package's own, beside a [Revert].
var (
	ErrInvalid     = errors.New("pmm: invalid")             // malformed input: the message names field, value and rule
	ErrUnsupported = errors.New("pmm: unsupported")         // an operation that pools of this kind do not have
	ErrTooSmall    = errors.New("pmm: below minimum trade") // see Pool.MinBase and MinQuote
	ErrUnreachable = errors.New("pmm: price unreachable")   // no trade moves the pool to that price
)
