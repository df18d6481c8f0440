package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// answer is what a request is told.
type answer struct {
	code  int // as a hardened server gives it
	body  any
	wait  time.Duration // until asking again makes sense; 0 says nothing
	plain bool          // said as the ALP server's framework did: JSON, called HTML, and with its code in any mode
}

// said is the envelope of nearly all answers.
type said struct {
	Success bool `json:"success"`
	Message any  `json:"message"`
}

// at adds the server's time to an answer.
type at struct {
	said
	ServerTime int64 `json:"server_time"`
}

func yes(message any) answer { return answer{code: http.StatusOK, body: said{true, message}} }

func no(code int, format string, args ...any) answer {
	return answer{code: code, body: said{false, fmt.Sprintf(format, args...)}}
}

// failure is an answer in the words of the ALP server's framework.
func failure(code int, format string, args ...any) answer {
	a := no(code, format, args...)
	a.plain = true
	return a
}

// write sends a. A compatible server says 200 to all that it understood.
func (s *Server) write(w http.ResponseWriter, a answer) int {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	switch {
	case s.guard != nil:
	case a.plain:
		header.Set("Content-Type", "text/html; charset=UTF-8")
	case a.code != http.StatusRequestEntityTooLarge:
		a.code = http.StatusOK
	}
	if a.wait > 0 && s.guard != nil {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.wait.Seconds()))))
	}
	text, err := json.Marshal(a.body) // escapes what HTML could understand
	if err != nil {
		a.code, text = http.StatusInternalServerError, []byte(`{"success":false,"message":"500 error: "}`)
	}
	w.WriteHeader(a.code)
	_, _ = w.Write(text) // who does not listen misses it
	return a.code
}
