package socket

// bell wakes one goroutine that waits for it. Rung again before that has heard, it
// rings once.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default: // it rings already
	}
}
