// Package look is the style that all pages of the simulator share.
package look

import (
	_ "embed"
	"html/template"
)

//go:embed page.css
var css string

// CSS returns the style sheet, which loads nothing.
func CSS() template.CSS { return template.CSS(css) }
