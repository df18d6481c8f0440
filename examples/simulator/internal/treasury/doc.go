// Package treasury tells what simulations of a treasury's capital gave: figures by
// name, bands that they must lie in, how a path's days went, and one page of HTML
// that loads nothing.
package treasury
