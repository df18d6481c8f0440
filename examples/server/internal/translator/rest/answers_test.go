package rest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsAskedAgainIsAnsweredTheSameButForItsTime(t *testing.T) {
	r := open(t)
	r.tellAll(bond)
	stamp := func() string { return `"` + r.clock.Now().UTC().Format(time.RFC3339Nano) + `"` }
	asked := [][2]string{
		{"rosa", "GET /" + bond},
		{"fred", "GET /" + bond},
		{"fred", "GET /" + bond + "?trade_size=900000"},
		{"fred", "GET /" + bond + "?detail=full"},
		{"rita", "GET /" + bond + "?detail=full"},
		{"cora", "GET /" + bond + "?detail=full"},
		{"fred", "GET /" + bond + "?trade_size=100000.00"},
	}
	first := map[[2]string]string{}
	for _, q := range asked {
		answer := r.Ask(q[0], q[1], "")
		answer.Is(200)
		first[q] = strings.Replace(answer.Text, `"timestamp":`+stamp(), "", 1)
		require.NotEqual(t, answer.Text, first[q], "the answer's own time")
	}
	r.wait(time.Second)
	for _, q := range asked {
		answer := r.Ask(q[0], q[1], "")
		require.Equal(t, first[q], strings.Replace(answer.Text, `"timestamp":`+stamp(), "", 1))
	}
	require.NotEqual(t, first[asked[1]], first[asked[2]], "another size is another answer")
	require.NotEqual(t, first[asked[3]], first[asked[4]], "and so is another role's")
	require.Equal(t, first[asked[1]], first[asked[6]], "but not the usual size, however it is written")

	r.Ask("core", "POST /microstructure", items(book(bond, "99.50", "99.75", r.clock.Now()))).Is(200)
	for _, q := range asked {
		require.NotEqual(t, first[q], strings.Replace(r.Ask(q[0], q[1], "").Text, `"timestamp":`+stamp(), "", 1), "news are shown at once")
	}
}
