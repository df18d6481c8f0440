package capital

import "math"

// noise answers any draw by its number. Draw i of a stream of a path is
//
//	mix((path 2^20 + stream 2^18 + i) golden, keys of the seed)
//
// so it depends on nothing drawn before it: paths can be simulated in any order,
// and switching one stream on shifts no other. mix is the finalizer of SplitMix64
// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014),
// with Stafford's constants) with a second key in its middle, so that seeds give
// different sequences and not places in one.
type noise struct{ first, second uint64 }

// stream separates what is drawn for different purposes.
type stream uint64

const (
	weatherDraws stream = iota // three normals an epoch
	yieldDraws                 // one normal an epoch
	arrivalDraws               // two numbers an epoch: whether, and how much
)

const (
	golden     = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, odd
	pathBits   = 20
	streamBits = 18 // three draws in each of MaxEpochs fit
)

func newNoise(seed uint64) noise {
	first := mix(seed+golden, 0)
	return noise{first, mix(first+golden, 0)}
}

// at returns where the draws of a stream begin; the next is golden further.
func (n noise) at(path uint64, s stream) uint64 {
	return n.first + (path<<pathBits|uint64(s)<<streamBits)*golden
}

// bits returns the draw at a place: 64 bits, uniform.
func (n noise) bits(place uint64) uint64 { return mix(place, n.second) }

func mix(z, key uint64) uint64 {
	z = (z^z>>30)*0xbf58476d1ce4e5b9 ^ key
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// normals fills z with standard normals from a place on, by the ziggurat of
// Marsaglia and Tsang ("The ziggurat method for generating random variables"
// (2000)): 256 strips of equal area, of which the lowest 8 bits choose one and the
// highest 53 bits a place in it. What the strip does not decide at once is decided
// by further bits that belong to this draw alone.
func (n noise) normals(z []float64, place uint64) {
	for i := range z {
		u := n.bits(place)
		x, certain := inside(u)
		if !certain {
			x = n.outside(u, place)
		}
		z[i] = x
		place += golden
	}
}

// inside returns the normal of a draw, if its strip decides it at once.
func inside(u uint64) (x float64, certain bool) {
	j, strip := int64(u)>>11, &ziggurat[u&0xff]
	return float64(float64(j) * strip.width), magnitude(j) < strip.inside
}

// magnitude returns j or -1-j, whichever is not negative.
func magnitude(j int64) int64 { return j ^ j>>63 }

// outside finishes a draw that its strip did not decide: about one in a hundred.
func (n noise) outside(u, place uint64) float64 {
	more := retry{n, mix(place, n.first)}
	for {
		i := u & 0xff
		x, certain := inside(u)
		switch {
		case certain:
			return x
		case i == 0:
			return math.Copysign(more.tail(), x)
		}
		low, high := density[i], density[i+1]
		if logarithm(low+float64((high-low)*more.uniform())) < -float64(0.5*float64(x*x)) {
			return x
		}
		u = more.next()
	}
}

// retry draws what one undecided normal needs.
type retry struct {
	noise
	place uint64
}

func (r *retry) next() uint64 {
	r.place += golden
	return r.bits(r.place)
}

// uniform lies strictly between 0 and 1.
func (r *retry) uniform() float64 { return uniform(r.next()) }

func uniform(u uint64) float64 { return (float64(u>>12) + 0.5) * (1.0 / (1 << 52)) }

// tail draws a normal beyond the last strip: Marsaglia, "Generating a variable
// from the tail of the normal distribution" (1964).
func (r *retry) tail() float64 {
	for {
		x := float64(-logarithm(r.uniform()) * (1 / tailStart))
		if y := -logarithm(r.uniform()); y+y > float64(x*x) {
			return tailStart + x
		}
	}
}

// logarithm returns ln x for x > 0, not subnormal, to within 2 units of its last
// place or 2^-52. With x = 2^e m and m in [sqrt(1/2), sqrt(2)),
//
//	ln x = e ln 2 + 2 (s + s^3/3 + s^5/5 + ...), s = (m-1)/(m+1), s^2 < 0.0295
//
// It stands in for math.Log, whose last bit depends on the architecture.
func logarithm(x float64) float64 {
	b := math.Float64bits(x)
	e := int64(b>>52) - 1023
	m := math.Float64frombits(b&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m *= 0.5
		e++
	}
	s := (m - 1) / (m + 1)
	q := float64(s * s)
	r := float64(q * q)
	// Every other term, so that the two sums are worked out side by side.
	odd := 1./3 + float64(r*(1./7+float64(r*(1./11+float64(r*(1./15+float64(r*(1./19+float64(r*(1./23))))))))))
	even := 1./5 + float64(r*(1./9+float64(r*(1./13+float64(r*(1./17+float64(r*(1./21))))))))
	sum := float64(q*odd) + float64(r*even)
	return float64(float64(e)*math.Ln2) + (2*s + float64(2*s*sum))
}
