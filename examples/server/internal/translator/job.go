package translator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

// Mode says how new a translation must be.
type Mode string

// The modes.
const (
	FastMode     Mode = "fast"     // any that has not outlived its time
	AccurateMode Mode = "accurate" // one made now
)

// Job is what somebody wants to have translated. It is kept in the inbox, and its
// progress is what the journals say: both outlive a process.
type Job struct {
	ID    string        `json:"-"`
	By    string        `json:"by"`
	At    time.Time     `json:"at"`
	Mode  Mode          `json:"mode"`
	ISINs []market.ISIN `json:"isins"`
}

// Item is how far one instrument of a job is.
type Item struct {
	ISIN market.ISIN
	Done bool
	Look Look // if it is done
}

// maxJobs is how many jobs wait for their turn.
const maxJobs = 20

// jobs are those that this process has to do. Safe for concurrent use.
type jobs struct {
	mu   sync.Mutex
	here map[string]bool // by ID
	next chan Job
}

func newJobs() *jobs { return &jobs{here: map[string]bool{}, next: make(chan Job, maxJobs)} }

// add reports whether a job is going to be done, or is already.
func (j *jobs) add(job Job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.here[job.ID] {
		return true
	}
	select {
	case j.next <- job:
		j.here[job.ID] = true
		return true
	default:
		return false
	}
}

func (j *jobs) done(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.here, id)
}

func jobKey(id string) string { return "lr-job/" + id }

// Recompute has instruments translated, once for each by and key. It returns
// [ErrUnknown] for an instrument of which nothing is known, [ErrBusy] while too much
// is to be done, and evenkeel.ErrConflict for a key that stands for another job.
func (s *Service) Recompute(ctx context.Context, by, key string, mode Mode, isins []market.ISIN) (Job, error) {
	for _, isin := range isins {
		if err := s.known(ctx, isin); err != nil {
			return Job{}, err
		}
	}
	hash := sha256.Sum256([]byte(by + "\n" + key))
	const digits = 16
	job := Job{ID: hex.EncodeToString(hash[:digits]), By: by, At: s.Now(), Mode: mode, ISINs: isins}
	body, err := json.Marshal(job)
	if err != nil {
		return Job{}, err
	}
	if err := s.ports.Inbox.Put(ctx, jobKey(job.ID), "job", body); err != nil && !errors.Is(err, evenkeel.ErrConflict) {
		return Job{}, err
	}
	kept, err := s.job(ctx, job.ID) // it may have been there
	switch {
	case err != nil:
		return Job{}, err
	case kept.Mode != mode || !slices.Equal(kept.ISINs, isins):
		return Job{}, fmt.Errorf("%w: key %q stands for another job", evenkeel.ErrConflict, key)
	case !s.jobs.add(kept):
		return Job{}, fmt.Errorf("%w: %d jobs wait", ErrBusy, maxJobs)
	}
	return kept, nil
}

func (s *Service) job(ctx context.Context, id string) (Job, error) {
	for c, err := range s.ports.Inbox.Take(ctx, jobKey(id), 0) {
		if err != nil {
			return Job{}, err
		}
		job := Job{}
		err := json.Unmarshal(c.Body, &job)
		job.ID = id
		return job, err
	}
	return Job{}, fmt.Errorf("%w: job %q", ErrUnknown, id)
}

// Job returns a job and how far it is, or [ErrUnknown]. One that a process has left
// undone is taken up again.
func (s *Service) Job(ctx context.Context, id string) (Job, []Item, error) {
	job, err := s.job(ctx, id)
	if err != nil {
		return Job{}, nil, err
	}
	items := make([]Item, len(job.ISINs))
	open := false
	for i, isin := range job.ISINs {
		l, found, err := s.latest(ctx, isin)
		if err != nil {
			return Job{}, nil, err
		}
		items[i] = Item{ISIN: isin, Done: found && s.answers(job, l)}
		if items[i].Done {
			items[i].Look = l
		}
		open = open || !items[i].Done
	}
	if open {
		s.jobs.add(job) // there is no room for it now, or there is
	}
	return job, items, nil
}

// answers reports whether a look is what a job wants.
func (s *Service) answers(job Job, l Look) bool {
	if job.Mode == FastMode {
		return l.At.Add(s.lifetime()).After(job.At)
	}
	return !l.At.Before(job.At)
}

// work does jobs until ctx ends. What fails is left: whoever asks for the job has it
// taken up again.
func (s *Service) work(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case job := <-s.jobs.next:
			for _, isin := range job.ISINs {
				if err := s.answer(ctx, job, isin); err != nil && ctx.Err() == nil {
					s.opts.Log.Error("translator: job", zap.String("job", job.ID), zap.String("key", risk.Key(isin)), zap.Error(err))
				}
			}
			s.jobs.done(job.ID)
		}
	}
}

func (s *Service) answer(ctx context.Context, job Job, isin market.ISIN) error {
	return s.bounded(ctx, func(ctx context.Context) error {
		_, err := s.look(ctx, isin, func(newest Look) bool { return s.answers(job, newest) })
		return err
	})
}
