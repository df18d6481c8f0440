package contracts_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the README says that a stabilizer costs is what it costs, under the rules of
// Cancun, once the pool's memory of prices has gone round.
func TestTheReadmeSaysWhatAStabilizerCosts(t *testing.T) {
	var table []string
	charge := func(what string, gas uint64) {
		table = append(table, fmt.Sprintf("| %s | %d |", what, (gas+500)/1000))
	}
	for _, mesh := range []bool{false, true} {
		v := settle(t, func(p *plan) { p.mesh = mesh })
		v.stabilizer.do("setKeeper", owner, true)
		v.raise(20)
		for range 70 {
			v.raise(1)
			v.mine()
		}
		v.pass(5)
		swap := func() uint64 {
			v.stabilizer.do(v.swap, v.sale(1000).args()...)
			return v.mine()[0].GasUsed
		}
		swap() // the first one of a pool writes where nothing was
		v.pass(5)
		route := "one pool"
		if mesh {
			route = "two pools"
		}
		charge("`Stabilizer.executePrivateSwap`, through "+route, swap())
		if mesh {
			v.stabilizer.do("pause")
			v.stabilizer.do("configure", v.config)
			charge("`Stabilizer.configure`, again", v.mine()[1].GasUsed)
			v.found("Stabilizer", owner)
			charge("deploy `Stabilizer`", v.gas)
		}
	}
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	measured := strings.Join(table, "\n")
	t.Logf("gas:\n%s", measured)
	require.Contains(t, string(readme), measured, "copy what was measured into README.md")
}
