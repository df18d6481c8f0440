// Package topic is how people follow what is said about an instrument while it
// happens.
//
// A decision of package risk has events, numbered 1, 2, 3 ... for the instrument in
// the journal. [Tell] makes them the frames of streams: one for each [Topic] and
// each audience, since who may know less must not even see that there was more. A
// frame has the number of its event, Seq, and that of the one before it in the same
// stream, Prev. So a reader knows that it has missed something if and only if Prev
// is above what it read last, and what it needs then is a [Snapshot]: how everything
// stands, with the number up to which it is told. Numbers come from the journal and
// from nowhere else; a server that restarts, or another one, tells the same.
//
// [Bus] carries frames between servers. A server keeps the newest of a stream in a
// [Log], which sorts them and lets a reader resume; for a reader that is too slow
// they wait in a [Queue], which would rather leave out than grow.
//
// Call [Tell] with a decision, and [Follow] for whoever subscribes.
package topic
