//go:build faultpoint

package fault

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// aWhile into a call, whoever was asked has heard of it and is not done.
const aWhile = 20 * time.Millisecond

// Points are where the process may be killed. Safe for concurrent use.
type Points struct {
	mu   sync.Mutex
	hits map[string]int // calls that began, by point
	fate string         // where to die; "" lives on
	log  *os.File       // nil for none
}

// New returns the points that the environment asks for. It panics where they
// cannot be written down: a test would wait for nothing.
func New() *Points {
	p := &Points{hits: map[string]int{}, fate: os.Getenv("EVENKEEL_FAULT")}
	if path := os.Getenv("EVENKEEL_FAULT_LOG"); path != "" {
		var err error
		if p.log, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			panic(err)
		}
	}
	return p
}

// at passes a point: what it returns is to be called after the call.
func (p *Points) at(point string) (after func()) {
	p.mu.Lock()
	p.hits[point]++
	hit := fmt.Sprintf("%s#%d", point, p.hits[point])
	if p.log != nil {
		if _, err := fmt.Fprintln(p.log, hit); err != nil {
			panic(err)
		}
	}
	p.mu.Unlock()
	p.die(hit + "/before")
	if p.fate == hit+"/during" {
		clock.New().AfterFunc(aWhile, func() { p.die(p.fate) })
	}
	return func() { p.die(hit + "/after") }
}

// die ends the process, without a chance to do anything more, if this is where.
func (p *Points) die(here string) {
	if here != p.fate {
		return
	}
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the signal is there
}

func call[T any](p *Points, point string, do func() (T, error)) (T, error) {
	after := p.at(point)
	got, err := do()
	after()
	return got, err
}

func try(p *Points, point string, do func() error) error {
	after := p.at(point)
	err := do()
	after()
	return err
}
