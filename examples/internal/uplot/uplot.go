// Package uplot is the library that draws the charts of the examples' pages:
// uPlot 1.6.32 by Leon Sorokin (https://github.com/leeoniya/uPlot), as released.
// Its licence, MIT, goes wherever it goes.
package uplot

import _ "embed"

// JS is the script; it defines the global uPlot.
//
//go:embed uPlot.iife.min.js
var JS string

// CSS is the style sheet that JS needs.
//
//go:embed uPlot.min.css
var CSS string

// License is the text of the licence.
//
//go:embed uPlot.LICENSE
var License string
