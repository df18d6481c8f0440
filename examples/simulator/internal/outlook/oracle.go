package outlook

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// paths is how many futures of each hidden state the oracle draws: enough for
// the third digit of a probability.
const paths = 100_000

// oracle is the best forecast there is: it knows the hidden state of a bank, from
// which the future depends on nothing else than the ratio. No predictor can have
// more skill, on average.
type oracle map[hidden][]float64

// newOracle simulates futures from each hidden state. The pull is linear, so
// after k hours ln ratio is (1-pull)^k x + m_k, with x that of now and m_k drawn
// without it: a path breaches from every x below the largest -m_k/(1-pull)^k. The
// sorted largest ones of all paths answer for every x at once.
func newOracle() oracle {
	rng := rand.New(rand.NewPCG(0, 1))
	o := oracle{}
	for _, from := range []hidden{{}, {stressed: true}, {shock: true}, {shock: true, stressed: true}} {
		reach := make([]float64, paths)
		for i := range reach {
			reach[i] = breachesFrom(rng, from)
		}
		slices.Sort(reach)
		o[from] = reach
	}
	return o
}

func breachesFrom(rng *rand.Rand, now hidden) float64 {
	moved, kept, reach := 0.0, 1.0, math.Inf(-1)
	for range int(horizon / time.Hour) {
		now.shock = nextShock(rng, now.shock)
		now.stressed = nextStress(rng, now.stressed, now.shock)
		moved = (1-pull)*moved + pull*math.Log(usual) + now.move(rng)
		kept *= 1 - pull
		reach = max(reach, (math.Log(floor)-moved)/kept)
	}
	return reach
}

// p is the probability that a bank in that state breaches within the horizon.
func (o oracle) p(now hidden, log float64) float64 {
	reach := o[now]
	below, _ := slices.BinarySearch(reach, log)
	return float64(len(reach)-below) / float64(len(reach))
}
