package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a run is: as a bar with its rate and the time left on a
// terminal, as one line per stage anywhere else.
type progress struct {
	to    io.Writer
	stage string
	bar   *progressbar.ProgressBar // nil where there is no terminal
}

// show is told after each part of a stage. That progress cannot be shown is no
// reason to stop.
func (p *progress) show(stage string, done, total int) {
	fresh := stage != p.stage
	p.stage = stage
	switch {
	case !terminal(p.to):
		if fresh {
			_, _ = fmt.Fprintln(p.to, stage)
		}
		return
	case fresh:
		p.clear()
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(p.to),
			progressbar.OptionSetDescription(fmt.Sprintf("%-28s", stage)),
			progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = p.bar.Set(done)
}

// clear takes the bar away, for what is printed next.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
