package apitest_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
)

func TestRequests(t *testing.T) {
	apitest.RunRequests(t, func(*testing.T) api.Requests { return new(apitest.Requests) })
}
