package topic

import "context"

// Bus carries messages between servers. It is not the truth, which is in the
// journal, and may lose everything that it carries: but it says so. Safe for
// concurrent use; every implementation passes topictest.Run.
//
// What is published while a subscription lasts is heard by it, at least once and in
// any order, or it hears of a gap afterwards. Readers sort and drop by Seq (see
// [Log]), and after a gap they look into the journal.
type Bus interface {
	// Publish hands over up to [MaxMessages] messages, which stay the caller's. It
	// never waits for who hears them. Malformed ones are [ErrInvalid], and none is
	// handed over. Another error means that subscriptions may not hear them, and
	// will hear of a gap as soon as the bus carries anything again.
	Publish(messages []Message) error
	// Subscribe calls hear, once at a time, until ctx ends, whose error it returns.
	// First there is always a gap: what was before is not heard. It takes up a
	// medium that went away by itself, and then there is a gap too.
	Subscribe(ctx context.Context, hear func(Heard)) error
}

// Heard is what a subscription hears: messages, or a gap.
type Heard struct {
	Messages []Message // the listener's
	Gap      bool      // from here on; some of what was published before was not heard
}
