package limit

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// listen binds to an endpoint and returns where that is.
func listen(endpoint string) (fd int, bound string, err error) {
	fd, to, err := newSocket(endpoint)
	if err != nil {
		return 0, "", err
	}
	if err := unix.Bind(fd, to); err != nil {
		return 0, "", fmt.Errorf("bind %s: %w", endpoint, err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		return 0, "", fmt.Errorf("listen %s: %w", endpoint, err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		return 0, "", fmt.Errorf("getsockname: %w", err)
	}
	if in, ok := at.(*unix.SockaddrInet4); ok {
		endpoint = "tcp://" + netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)).String()
	}
	return fd, endpoint, nil
}

// accept waits for the one connection.
func accept(listener int) (fd int, err error) {
	for {
		fd, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return 0, fmt.Errorf("accept: %w", err)
	}
	return fd, noDelay(fd)
}

func connect(endpoint string) (fd int, err error) {
	fd, to, err := newSocket(endpoint)
	if err != nil {
		return 0, err
	}
	if err := unix.Connect(fd, to); err != nil {
		return 0, fmt.Errorf("connect %s: %w", endpoint, err)
	}
	return fd, noDelay(fd)
}

// newSocket returns a blocking socket and the address that the endpoint stands for.
func newSocket(endpoint string) (fd int, addr unix.Sockaddr, err error) {
	family := unix.AF_UNIX
	if path, ok := strings.CutPrefix(endpoint, "ipc://"); ok {
		addr = &unix.SockaddrUnix{Name: path}
	} else {
		at, err := netip.ParseAddrPort(strings.TrimPrefix(endpoint, "tcp://"))
		if err != nil {
			return 0, nil, fmt.Errorf("endpoint %q: %w", endpoint, err)
		}
		family, addr = unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("socket: %w", err)
	}
	return fd, addr, nil
}

// noDelay has TCP send what is written at once.
func noDelay(fd int) error {
	err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err == unix.EOPNOTSUPP { // a Unix socket does that always
		return nil
	}
	return err
}

// writeAll writes b to a blocking descriptor.
func writeAll(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("write: %w", err)
		}
		b = b[max(n, 0):]
	}
	return nil
}

// read reads what is there from a blocking descriptor, at least one byte.
func read(fd int, b []byte) (n int, err error) {
	for {
		switch n, err = unix.Read(fd, b); {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, fmt.Errorf("read: %w", err)
		case n == 0:
			return 0, io.ErrUnexpectedEOF
		}
		return n, nil
	}
}

// spinCall makes a system call on a descriptor that does not block, until it does something. The scheduler is not told:
// the thread is ours for as long as it takes.
func spinCall(trap uintptr, fd int, b []byte) (n int, err error) {
	for {
		n, _, errno := syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch {
		case errno == syscall.EAGAIN || errno == syscall.EINTR:
			continue
		case errno != 0:
			return 0, errno
		case n == 0:
			return 0, io.ErrUnexpectedEOF
		}
		return int(n), nil
	}
}
