package capital

// kernel lives paths for several stances that meet the same weather. It belongs to
// one worker.
type kernel struct {
	noise      noise
	market     *market
	treasuries []*treasury
	tape       []weather
	z          []float64
	vector     *vector // nil where paths are lived one by one
}

// newKernel prepares jobs that meet the same market.
func newKernel(jobs []Job) *kernel {
	k := &kernel{noise: newNoise(jobs[0].Seed), market: newMarket(jobs[0].Params)}
	for _, j := range jobs {
		k.treasuries = append(k.treasuries, newTreasury(j.Params))
	}
	k.tape = k.market.newTape()
	k.z = make([]float64, 3*k.market.epochs)
	k.vector = newVector(k)
	return k
}

// run lives the paths from first on: out[i][j] is path first+j of job i.
func (k *kernel) run(first uint64, out [][]Outcome) {
	done := 0
	if k.vector != nil {
		done = k.vector.run(first, out)
	}
	for j := done; j < len(out[0]); j++ {
		k.market.fill(k.tape, k.z, k.noise, first+uint64(j))
		for i, t := range k.treasuries {
			out[i][j] = t.run(k.tape)
		}
	}
}
