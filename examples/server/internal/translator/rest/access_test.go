package rest_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/rest"
)

func TestWhoMayDoWhat(t *testing.T) {
	apitest.Matrix(t, rest.Rules(), "testdata/access.golden", *update)
}

func TestHowOften(t *testing.T) { apitest.Limits(t, rest.Rules()) }
