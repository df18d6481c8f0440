package memory_test

import (
	"testing"

	"github.com/evenkeelhq/evenkeel/risk/topic/memory"
	"github.com/evenkeelhq/evenkeel/risk/topic/topictest"
)

func TestBus(t *testing.T) {
	topictest.Run(t, func(*testing.T) topictest.Medium {
		bus := new(memory.Bus)
		return topictest.Medium{Here: bus, There: bus}
	})
}
