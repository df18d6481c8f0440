//go:build unix && !linux

package crash_test

import "os/exec"

func bind(*exec.Cmd) {}
