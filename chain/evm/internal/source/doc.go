// Package source sees one chain through one or two JSON-RPC endpoints.
//
// The problem: an RPC provider lags, answers from servers that disagree, leaves out
// events (Hop's bonder once missed 42), forgets, or lies. Whoever trades on such a word
// loses money. So a [Source] believes what all its endpoints say, and where they
// differ there is an error that names the endpoint and the block instead of an answer.
// No answer is no decision.
//
//	latest of each ──► common height ──► same hash? ──► parents down to what we knew ──► Tip
//	                       │                  │                        │
//	                  ErrLagging         ErrDisagree             Tip.Orphaned
//
// Call [Open] and then, once per decision, [Source.Head]; everything else is as of the
// Tip that it returned last: [Source.Block], [Source.Batch] for the state at one of its
// blocks, [Source.Logs]. What is no fact about a block, such as a nonce, a receipt
// or a transaction on its way, has no one answer: [Source.Each] returns what each
// endpoint says, and the caller chooses the careful reading. [Source.Raw] is for what
// any endpoint may answer.
package source
