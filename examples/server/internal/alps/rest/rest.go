package rest

import (
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
)

// server answers for one service.
type server struct{ alps *alps.Service }

// Declare declares the API of a service in a. What its errors mean to a client,
// [Explain] knows: give it to api.Options.
func Declare(a *api.API, service *alps.Service) {
	s := &server{service}
	g := a.Under(Prefix, "Autonomous liquidity (ALPS)", Rules())
	s.works(g)
	s.reads(g)
	s.asks(g)
}
