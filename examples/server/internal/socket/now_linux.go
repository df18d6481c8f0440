package socket

import (
	"syscall"
	"unsafe"
)

// writeNow writes what there is room for at once, and returns how many bytes that
// were. A connection that is broken takes none, which the next Write is told.
//
// It does not tell Go's scheduler, which would give the processor to somebody else
// meanwhile: a write that waits for nobody is over before that is worth it.
func writeNow(to syscall.RawConn, text []byte) (n int) {
	err := to.Write(func(fd uintptr) bool {
		written, _, failed := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(text))), uintptr(len(text)))
		if failed == 0 {
			n = int(written)
		}
		return true // whether or not there was room
	})
	if err != nil {
		return 0
	}
	return n
}
