package mesh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeelhq/evenkeel/pmm"
)

// maxPartials bounds the search for paths: how many beginnings of paths are
// looked at.
const maxPartials = 1 << 16

// Hop is one step of a path: a sale to a pool, or a bridge when Side is zero.
type Hop struct {
	Index int      `json:"index"` // into Network.Pools, or Network.Bridges
	Side  pmm.Side `json:"side"`
}

func (h Hop) bridge() bool { return h.Side == 0 }

// Path is hops from one asset to another that visit no asset twice, hence no
// pool twice.
type Path []Hop

// Paths returns the paths between two assets, those of fewest hops first and
// otherwise in the network's order, within the bounds of l. They depend on the
// network alone; keep them for many orders. None is ErrNoRoute.
func (m *Mesh) Paths(from, to Asset, l Limits) ([]Path, error) {
	a, err := m.find("from", from)
	if err != nil {
		return nil, err
	}
	b, err := m.find("to", to)
	if err != nil {
		return nil, err
	}
	if err := check(rule{a != b, "to", to, "must not be from"}); err != nil {
		return nil, err
	}
	if err := l.validate(); err != nil {
		return nil, err
	}
	l = l.withDefaults()
	paths := m.search(a, b, l)
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: from %s to %s in %d hops", ErrNoRoute, from, to, l.MaxHops)
	}
	return paths, nil
}

// partial is the beginning of a path.
type partial struct {
	at      int
	visited []int
	hops    Path
}

// search goes breadth first, and never where the target is out of reach.
func (m *Mesh) search(from, to int, l Limits) []Path {
	away := m.distances(to)
	var found []Path
	queue := []partial{{at: from, visited: []int{from}}}
	for n := 0; n < len(queue) && n < maxPartials; n++ {
		p := queue[n]
		for _, e := range m.edges[p.at] {
			if away[e.to] < 0 || len(p.hops)+1+away[e.to] > l.MaxHops || slices.Contains(p.visited, e.to) {
				continue
			}
			hops := slices.Concat(p.hops, Path{e.hop})
			if e.to == to {
				if found = append(found, hops); len(found) == l.MaxPaths {
					return found
				}
				continue
			}
			queue = append(queue, partial{e.to, slices.Concat(p.visited, []int{e.to}), hops})
		}
	}
	return found
}

// distances is the least number of hops from each asset to one, or -1.
func (m *Mesh) distances(to int) []int {
	away := make([]int, len(m.edges))
	for i := range away {
		away[i] = -1
	}
	away[to] = 0
	for n, changed := 0, true; changed; n++ {
		changed = false
		for at := range m.edges {
			if away[at] >= 0 {
				continue
			}
			for _, e := range m.edges[at] {
				if away[e.to] == n {
					away[at], changed = n+1, true
					break
				}
			}
		}
	}
	return away
}

// Describe writes a path for people: "137/cUSDT > 137/XAU ~ 138/XAU", where ~ is
// a bridge.
func (m *Mesh) Describe(p Path) string {
	var b strings.Builder
	for i, hop := range p {
		from, to := m.ends(hop)
		if i == 0 {
			b.WriteString(m.name(from).String())
		}
		if hop.bridge() {
			b.WriteString(" ~ ")
		} else {
			b.WriteString(" > ")
		}
		b.WriteString(m.name(to).String())
	}
	return b.String()
}

// ends are the listings that a hop takes and gives.
func (m *Mesh) ends(h Hop) (from, to int) {
	switch h.Side {
	case pmm.SellBase:
		return m.base[h.Index], m.quote[h.Index]
	case pmm.SellQuote:
		return m.quote[h.Index], m.base[h.Index]
	default:
		return m.source[h.Index], m.target[h.Index]
	}
}
