// Package chronicle tells what a liquidity engine saw and did, in the shape in
// which people ask for it: by bank and by time, page by page.
//
// # The problem
//
// The journal of an engine holds everything, one record per look at all banks, and
// answers one question: what came next. People ask others: what was done for this
// bank, how did its ratio move, where is the pool's money. A second book that is
// kept beside the journal would differ from it after the first crash.
//
// # The formula
//
//	entry = Read(state before, record)
//
// Read is pure, so the chronicle follows from the journal and from nothing else. It
// finds the ratios that are new, the actions that changed, and the postings that
// lead from one state of the funds to the next:
//
//	contributed -> free         free -> redeemed       what a provider puts in and takes out
//	free -> reserved            reserved -> free       a transfer is to be made, or has failed
//	reserved -> lent            lent -> free           it has settled, is repaid, or came back
//	interest -> free            lent -> losses         what a repayment brings; a loan is written off
//	free -> lent, interest                             a repayment came back
//
// All postings together are the funds, to the last unit.
//
// # What to call first
//
// [Follow], after each tick and at the start, into a [Chronicle]: store/sql has one
// that lasts, liquidity/memory one for tests. An entry is written whole and once,
// in its order, so after a crash Follow goes on where it was. What a predictor says
// is written by whoever asks it, with [Chronicle.Foresee].
package chronicle
