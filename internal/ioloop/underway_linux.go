package ioloop

import "golang.org/x/sys/unix"

// unacknowledged is the number of bytes that TCP keeps of what was written, the end of the stream being one (SIOCOUTQ of
// tcp(7)).
func unacknowledged(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}
