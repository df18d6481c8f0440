package capital_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/risk/capital"
)

// One core, the seed's scenarios and the institutional base.
func BenchmarkRun(b *testing.B) {
	for _, profile := range capital.Profiles() {
		base, err := profile.Params()
		require.NoError(b, err)
		for _, s := range capital.Scenarios() {
			b.Run(string(profile)+"/"+s.Name, func(b *testing.B) {
				job := capital.Job{Params: s.Apply(base), Seed: 1, Paths: 2048}
				for b.Loop() {
					_, err := capital.Run(b.Context(), job, capital.Options{Workers: 1})
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2048/365, "ns/path-epoch")
			})
		}
	}
}
