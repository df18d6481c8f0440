package capital

// Draw returns draw i of a stream of a path, as it is and as a normal.
func Draw(seed, path uint64, stream, i uint64) (bits uint64, normal float64) {
	n := newNoise(seed)
	place := n.at(path, streamOf(stream)) + i*golden
	var z [1]float64
	n.normals(z[:], place)
	return n.bits(place), z[0]
}

func streamOf(s uint64) stream { return stream(s) }

// Strip returns strip i of the ziggurat: where it ends, the share of it that is
// inside for certain, and the densities below and above it.
func Strip(i int) (x, inside, low, high float64) {
	return ziggurat[i].width * (1 << 52), float64(ziggurat[i].inside) / (1 << 52), density[i], density[i+1]
}

// Logarithm is our own.
func Logarithm(x float64) float64 { return logarithm(x) }

// Lives returns the outcomes of the paths [from, from+n) of jobs in one market,
// with or without vectors.
func Lives(jobs []Job, from int64, n int, scalar bool) [][]Outcome {
	k := newKernel(jobs)
	if scalar {
		k.vector = nil
	}
	out := make([][]Outcome, len(jobs))
	for i := range out {
		out[i] = make([]Outcome, n)
	}
	k.run(uint64(from), out)
	return out
}

// Repeat returns a function that lives the first n paths again and counts them.
func Repeat(job Job, n int64) func() Tally {
	w := newWorker([]Job{job})
	parts := make([]Partial, 1)
	return func() Tally {
		for from := int64(0); from < n; from += batch {
			w.run(from, min(from+batch, n), 0, parts)
		}
		return w.tallies[0]
	}
}
