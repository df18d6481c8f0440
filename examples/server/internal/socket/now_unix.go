//go:build unix

package socket

import "syscall"

// writeNow writes what there is room for at once, and returns how many bytes that
// were. A connection that is broken takes none, which the next Write is told.
func writeNow(to syscall.RawConn, text []byte) (n int) {
	err := to.Write(func(fd uintptr) bool {
		n, _ = syscall.Write(int(fd), text)
		return true // whether or not there was room
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}
