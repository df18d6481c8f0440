package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

func (s *server) works(g *api.Group) {
	api.Add(g, "recompute", api.Doc{
		Summary: "Have instruments translated again",
		Detail:  "At most 100. The answer has the job's id: ask for it under /recompute/{id}, also after the server was started again.",
		Status:  []int{http.StatusAccepted},
	}, s.recompute)
	api.Add(g, "recomputeJob", api.Doc{Summary: "How far a job is"}, s.job)
}

type recomputeIn struct {
	Body struct {
		ISINs []string `json:"isins" required:"false" doc:"1 to 100, each once. Must be there."`
		Mode  string   `json:"mode,omitempty" doc:"accurate (the usual) translates all of them, fast those that have outlived their time."`
	}
}

// Job is how far a job is.
type Job struct {
	Stamp
	ID     string    `json:"job_id"`
	Status string    `json:"status" enum:"pending,done"`
	At     api.Time  `json:"requested_at"`
	By     string    `json:"requested_by"`
	Mode   string    `json:"mode" enum:"fast,accurate"`
	Total  int       `json:"total"`
	Done   int       `json:"done"`
	Items  []JobItem `json:"items" nullable:"false"`
}

// JobItem is how far one instrument of a job is.
type JobItem struct {
	ISIN   market.ISIN `json:"isin"`
	Status string      `json:"status" enum:"pending,done,nothing_to_translate"`
	Seq    uint64      `json:"seq,omitempty" doc:"Of its journal's record."`
	AsOf   *api.Time   `json:"as_of,omitempty"`
	Fault  string      `json:"fault,omitempty" doc:"Why there is nothing to translate."`
}

func (s *server) recompute(ctx context.Context, caller access.Caller, in *recomputeIn) (*api.Reply[Job], error) {
	said := in.Body
	if err := several("body.isins", len(said.ISINs)); err != nil {
		return nil, err
	}
	mode, err := modeOf("body.mode", said.Mode, translator.AccurateMode)
	if err != nil {
		return nil, err
	}
	seen := map[market.ISIN]bool{}
	isins := make([]market.ISIN, len(said.ISINs))
	for i, text := range said.ISINs {
		field := fmt.Sprintf("body.isins[%d]", i)
		isin, err := s.isin(field, text)
		switch {
		case err != nil:
			return nil, err
		case seen[isin]:
			return nil, malformed(field, text, "must be there once")
		}
		seen[isin] = true
		isins[i] = isin
	}
	job, err := s.service.Recompute(ctx, caller.Name, api.Key(ctx), mode, isins)
	switch {
	case errors.Is(err, evenkeel.ErrConflict):
		return nil, api.Fail(http.StatusUnprocessableEntity, api.KeyReused, "Idempotency-Key: must be another for another request")
	case err != nil:
		return nil, err
	}
	return s.progress(ctx, job.ID, http.StatusAccepted)
}

type jobIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *server) job(ctx context.Context, _ access.Caller, in *jobIn) (*api.Reply[Job], error) {
	return s.progress(ctx, in.ID, http.StatusOK)
}

func (s *server) progress(ctx context.Context, id string, status int) (*api.Reply[Job], error) {
	job, items, err := s.service.Job(ctx, id)
	if errors.Is(err, translator.ErrUnknown) {
		return nil, api.Unknown("id", id)
	}
	if err != nil {
		return nil, err
	}
	out := Job{
		Stamp: s.stamp(), ID: job.ID, Status: "done", At: api.Time(job.At), By: job.By, Mode: string(job.Mode), Total: len(items), Items: []JobItem{},
	}
	for _, i := range items {
		item := JobItem{ISIN: i.ISIN, Status: "pending"}
		if i.Done {
			out.Done++
			at := api.Time(i.Look.At)
			item.Status, item.Seq, item.AsOf = "done", i.Look.Seq, &at
			if i.Look.Decision.Translation == nil {
				item.Status, item.Fault = CodeNothing, i.Look.Decision.Fault
			}
		}
		out.Items = append(out.Items, item)
	}
	if out.Done < out.Total {
		out.Status = "pending"
	}
	return &api.Reply[Job]{Status: status, Body: out}, nil
}
