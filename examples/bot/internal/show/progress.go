package show

import (
	"io"

	"github.com/schollz/progressbar/v3"
)

// Progress is a bar with the time left, on a terminal; anywhere else it is
// nothing.
type Progress struct {
	To   io.Writer
	What string

	bar *progressbar.ProgressBar
}

// Set shows how far it is. That it cannot be shown is no reason to stop.
func (p *Progress) Set(done, total int) {
	if !Terminal(p.To) {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(p.To),
			progressbar.OptionSetDescription(p.What),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = p.bar.Set(done)
}

// Clear takes the bar away, for what is printed next.
func (p *Progress) Clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
