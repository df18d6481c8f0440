package translator

import (
	"slices"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/sample"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/source"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Source is somebody who has to be asked.
type Source interface {
	// Read returns what is new at now, and what is wrong with single lines. watched
	// are the instruments that somebody wants to see.
	Read(now time.Time, watched []market.ISIN) (instruments []sql.Instrument, problems []string, err error)
	// Again has the next Read return all once more: it could not be taken in.
	Again()
}

// namedSource is a source and what was wrong with it last.
type namedSource struct {
	Source
	name  string
	every time.Duration

	refused []string // of what it told last, when that was to be kept

	mu       sync.Mutex
	problems []string
}

func sourcesOf(feeds []config.Feed, strict bool) []*namedSource {
	var sources []*namedSource
	for _, f := range feeds {
		switch {
		case f.Sample:
			sources = append(sources, &namedSource{Source: sample.New(), name: f.Name, every: time.Second})
		case f.File != "":
			sources = append(sources, &namedSource{Source: source.Open(f.Name, f.File, strict), name: f.Name, every: readEvery})
		}
	}
	return sources
}

// maxProblems is how many of one source are remembered.
const maxProblems = 20

// note remembers what is wrong now, and reports whether that is something new.
func (s *namedSource) note(problems []string, err error) bool {
	if err != nil {
		problems = append([]string{err.Error()}, problems...)
	}
	problems = problems[:min(len(problems), maxProblems)]
	s.mu.Lock()
	defer s.mu.Unlock()
	same := slices.Equal(problems, s.problems)
	s.problems = problems
	return !same && len(problems) > 0
}

func (s *namedSource) wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems
}
