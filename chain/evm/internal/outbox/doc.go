// Package outbox is what an account remembers of the transactions that it signed.
//
// The problem: a node can forget a transaction, answer with silence, or die
// together with us. Whoever then signs "the same" payment under a new nonce pays
// twice. So each signed version is written down before a node sees it, under the id
// of what it is for; one id has one nonce for ever, and of the versions with one
// nonce a chain includes at most one.
//
// The outbox is a fold over a journal, an evenkeel.Store: [Open] reads it, [Outbox.Sync]
// adds what others have written since, and [Outbox.Add] appends. Two processes that
// share a key are kept apart by the store, which gives a sequence number once.
package outbox
