// Package redis carries the frames of topic streams between servers, over Redis:
// it is a topic.Bus.
//
// Redis holds nothing. When it is flushed nothing happens, and when it restarts or
// cannot be reached, every subscription hears of a gap as soon as it is there again,
// and its reader looks into the journal. Whoever can publish in this Redis can tell
// the readers of every audience what he likes, so it belongs to the servers alone.
//
// Call [Open].
package redis
