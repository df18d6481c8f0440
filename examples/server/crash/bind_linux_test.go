package crash_test

import (
	"os/exec"
	"syscall"
)

// bind has the kernel kill cmd when this process dies, however it does.
func bind(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
