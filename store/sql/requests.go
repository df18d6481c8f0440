package sql

import (
	"bytes"
	"context"
	stdsql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel"
)

var (
	// ErrOtherRequest refuses a key that was used for another request.
	ErrOtherRequest = errors.New("sql: the key was used for another request")
	// ErrInProgress means that the same request is being answered.
	ErrInProgress = errors.New("sql: the request is in progress")
)

const (
	requestLease = 30 * time.Second // after which whoever began is taken for dead
	maxAnswer    = 1 << 20          // bytes of a body
)

// Requests keeps the answers to requests that must not be carried out twice, by
// the actor and a key of his choice. Safe for concurrent use, also by several
// programs.
type Requests struct{ db *DB }

// Answer is the answer to a request. Without a Status there is none.
type Answer struct {
	Status int // of HTTP
	Header map[string][]string
	Body   []byte // up to 1 MiB
}

// Begin asks to carry out the request that hash is the SHA-256 of. The zero Answer
// means to go on, and to [Requests.Finish] then. An answer that was given before
// is to be given again. [ErrOtherRequest] and [ErrInProgress] mean not to go on;
// one who began 30 s before now and has not finished is not waited for.
func (r *Requests) Begin(ctx context.Context, actor, key string, hash [32]byte, now time.Time) (Answer, error) {
	if err := errors.Join(checkNamed("actor", actor), checkNamed("key", key)); err != nil {
		return Answer{}, err
	}
	answer, err := r.begin(ctx, actor, key, hash, now)
	if err != nil {
		return Answer{}, fmt.Errorf("request %.64q of %.64q: %w", key, actor, err)
	}
	return answer, nil
}

func (r *Requests) begin(ctx context.Context, actor, key string, hash [32]byte, now time.Time) (Answer, error) {
	for { // until the row is there, and stays as it was seen
		won, err := r.db.claim(ctx, `INSERT INTO evenkeel_request (actor, key, hash, at_micros, status, header, body)
			VALUES ($1, $2, $3, $4, 0, $5, $5) ON CONFLICT DO NOTHING`, actor, key, hash[:], now.UnixMicro(), []byte{})
		if err != nil || won {
			return Answer{}, err
		}
		found, err := query(ctx, r.db.pool, scanRequest, `SELECT hash, at_micros, status, header, body FROM evenkeel_request WHERE actor = $1 AND key = $2`, actor, key)
		if err != nil {
			return Answer{}, err
		}
		if len(found) == 0 {
			continue // it was given up
		}
		switch known := found[0]; {
		case !bytes.Equal(known.hash, hash[:]):
			return Answer{}, ErrOtherRequest
		case known.answer.Status != 0:
			return known.answer, nil
		case now.Sub(fromMicros(known.at)) < requestLease:
			return Answer{}, fmt.Errorf("%w: since %s", ErrInProgress, fromMicros(known.at).Format(time.RFC3339Nano))
		default:
			won, err := r.db.claim(ctx, `UPDATE evenkeel_request SET at_micros = $1 WHERE actor = $2 AND key = $3 AND status = 0 AND at_micros = $4`,
				now.UnixMicro(), actor, key, known.at)
			if err != nil || won {
				return Answer{}, err
			}
		}
	}
}

// request is one as it is kept.
type request struct {
	hash   []byte
	at     int64
	answer Answer
}

func scanRequest(rows *stdsql.Rows) (request, error) {
	var r request
	var header []byte
	if err := rows.Scan(&r.hash, &r.at, &r.answer.Status, &header, &r.answer.Body); err != nil || r.answer.Status == 0 {
		return r, err
	}
	return r, json.Unmarshal(header, &r.answer.Header)
}

// Finish keeps the answer to a request that was begun, durably; the first one
// stays. The zero Answer gives the key up, so that the next one who begins goes on.
func (r *Requests) Finish(ctx context.Context, actor, key string, a Answer) error {
	if len(a.Body) > maxAnswer || a.Status < 0 || a.Status > 999 {
		return fmt.Errorf("%w: answer of status %d and %d bytes: must be 0 to 999 and at most %d", evenkeel.ErrInvalid, a.Status, len(a.Body), maxAnswer)
	}
	header, err := json.Marshal(a.Header)
	if err != nil {
		return fmt.Errorf("%w: Header: %w", evenkeel.ErrInvalid, err)
	}
	if a.Status == 0 {
		_, err = r.db.claim(ctx, `DELETE FROM evenkeel_request WHERE actor = $1 AND key = $2 AND status = 0`, actor, key)
	} else {
		_, err = r.db.claim(ctx, `UPDATE evenkeel_request SET status = $1, header = $2, body = $3 WHERE actor = $4 AND key = $5 AND status = 0`,
			a.Status, header, bytesOf(a.Body), actor, key)
	}
	if err != nil {
		return fmt.Errorf("request %.64q of %.64q: %w", key, actor, err)
	}
	return nil
}

// Forget drops requests that were begun before that time: a day ago is early
// enough. It does part of the work and reports whether there is more.
func (r *Requests) Forget(ctx context.Context, before time.Time) (more bool, err error) {
	err = r.db.write(ctx, func(tx *transaction) error {
		dropped, err := tx.drop(ctx, `DELETE FROM evenkeel_request WHERE (actor, key) IN (SELECT actor, key FROM evenkeel_request
			WHERE at_micros < $1 ORDER BY at_micros LIMIT $2)`, micros(before), forgetRows)
		more = dropped == forgetRows
		return err
	})
	if err != nil {
		return false, fmt.Errorf("forget requests from before %s: %w", before.UTC().Format(time.RFC3339), err)
	}
	return more, nil
}
