package capital

import (
	"cmp"
	"fmt"
	"slices"
)

// Partial is the result of the paths [From, To) of a job.
type Partial struct {
	Job      Job       `json:"job"`
	From     int64     `json:"from"`
	To       int64     `json:"to"`
	Tally    Tally     `json:"tally"`
	Outcomes []Outcome `json:"outcomes,omitempty"` // path by path, where they were kept
}

// Complete reports whether all paths of the job are in it.
func (p Partial) Complete() bool { return p.From == 0 && p.To == p.Job.Paths }

// Merge returns the result of a whole job from its parts, in any order. Parts of
// another job, paths that are missing or there twice, and parts of which only
// some kept their outcomes are an error that wraps [ErrShard].
func Merge(parts ...Partial) (Partial, error) {
	if len(parts) == 0 {
		return Partial{}, fmt.Errorf("%w: nothing to merge: must be at least 1 part", ErrShard)
	}
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b Partial) int { return cmp.Compare(a.From, b.From) })
	whole := Partial{Job: parts[0].Job}
	job := whole.Job.Hash()
	for _, p := range parts {
		if other := p.Job.Hash(); other != job {
			return Partial{}, fmt.Errorf("%w: paths [%d, %d) are of job %.12s, others of %.12s: must be of one job", ErrShard, p.From, p.To, other, job)
		}
		if err := p.validate(); err != nil {
			return Partial{}, err
		}
		if err := whole.join(p); err != nil {
			return Partial{}, err
		}
	}
	if whole.To != whole.Job.Paths {
		return Partial{}, fmt.Errorf("%w: paths [%d, %d) are missing", ErrShard, whole.To, whole.Job.Paths)
	}
	return whole, nil
}

// join adds the part that follows.
func (p *Partial) join(next Partial) error {
	switch {
	case next.From > p.To:
		return fmt.Errorf("%w: paths [%d, %d) are missing", ErrShard, p.To, next.From)
	case next.From < p.To:
		return fmt.Errorf("%w: paths [%d, %d) are there twice", ErrShard, next.From, min(p.To, next.To))
	case p.To > p.From && (p.Outcomes == nil) != (next.Outcomes == nil):
		return fmt.Errorf("%w: paths [%d, %d) differ from the others in keeping outcomes", ErrShard, next.From, next.To)
	}
	p.To = next.To
	p.Tally.Merge(next.Tally)
	p.Outcomes = append(p.Outcomes, next.Outcomes...)
	return nil
}

// validate checks what a part from outside must be.
func (p Partial) validate() error {
	if err := p.Job.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrShard, err)
	}
	if p.From < 0 || p.From >= p.To || p.To > p.Job.Paths {
		return fmt.Errorf("%w: paths [%d, %d): must be within [0, %d) and not empty", ErrShard, p.From, p.To, p.Job.Paths)
	}
	if err := p.Tally.validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrShard, err)
	}
	if n := p.To - p.From; p.Tally.Paths != n || p.Outcomes != nil && int64(len(p.Outcomes)) != n {
		return fmt.Errorf("%w: paths [%d, %d) with %d counted and %d kept: must be %d", ErrShard, p.From, p.To, p.Tally.Paths, len(p.Outcomes), n)
	}
	return nil
}
