// Package uplot is the library that draws the charts of the examples' pages:
// uPlot 1.6.32 by Leon Sorokin (https://github.com/leeoniya/uPlot), as released.
// Its licence, MIT, goes wherever it goes.
package uplot

import _ "embed"

var (
	//go:embed uPlot.iife.min.js
	JS string // defines the global uPlot
	//go:embed uPlot.min.css
	CSS string
	//go:embed uPlot.LICENSE
	License string
)
