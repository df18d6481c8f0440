// Package transport is the HTTP client that all venues share: how often we ask,
// when we ask again, what we believe of an answer, and what an answer that never
// came means.
//
// Two kinds of call differ in what a lost answer means. A [Client.Read] asks
// again, a bounded number of times and signed anew, since an old timestamp or
// nonce would be refused. A [Client.Change] never does: its lost answer is
// exchange.ErrUnknownOutcome, and who placed the order looks.
//
// When a venue asks us to wait (429, 418, 503 with Retry-After, or in words that
// the adapter understands), nothing is sent until that time has passed: every
// call in between returns exchange.RateLimitError at once. Our own pace is a
// token bucket that is full at the start and gains a token every Config.Every:
//
//	wait = max(0, tokens owed - Burst) x Every
//
// Redirects are not followed, so a signed request goes to no other host. No
// answer beyond [MaxAnswer] is read, and none is decoded unless it is one whole
// JSON value.
//
// Call [New], then [Client.Read] and [Client.Change]; [Place] makes placing
// idempotent where a venue's client ids are not, [Sequence] gives nonces. What others
// have signed is made and checked by [Proofs], and sent by [Client.Once]. Answers are
// read with [JSON], [Number] and [Entries], and refused with [Bad].
package transport
