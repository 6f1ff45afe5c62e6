package shm

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seals keep the size of the memory as it is, for both sides.
const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// Segment is the memory that two processes share, and this side's ends of its rings. Nothing of it is touched after
// Close.
type Segment struct {
	In  Reader
	Out Writer
	mem []byte
}

// Create makes a segment and the descriptor to be offered to the peer, which the caller closes.
func Create() (*Segment, int, error) {
	fd, err := unix.MemfdCreate("ringmq", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, -1, os.NewSyscallError("memfd_create", err)
	}
	s, err := create(fd)
	if err != nil {
		_ = unix.Close(fd)
		return nil, -1, err
	}
	return s, fd, nil
}

func create(fd int) (*Segment, error) {
	if err := unix.Ftruncate(fd, Size); err != nil {
		return nil, os.NewSyscallError("ftruncate", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	s, err := mapped(fd, true)
	if err != nil {
		return nil, err
	}
	binary.NativeEndian.PutUint64(s.mem, version)
	return s, nil
}

// Open takes up a segment that a peer has offered. It refuses one that could shrink under us, that has another size, or
// another layout. The descriptor stays the caller's.
func Open(fd int) (*Segment, error) {
	// Seals come first: only memory has any, and a call on some other file may block.
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil || got&seals != seals {
		return nil, fmt.Errorf("%w: seals %#x", ErrCorrupt, got)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, os.NewSyscallError("fstat", err)
	}
	if st.Size != Size {
		return nil, fmt.Errorf("%w: %d bytes", ErrCorrupt, st.Size)
	}
	s, err := mapped(fd, false)
	if err != nil {
		return nil, err
	}
	if v := binary.NativeEndian.Uint64(s.mem); v != version {
		_ = s.Close()
		return nil, fmt.Errorf("%w: version %d", ErrCorrupt, v)
	}
	return s, nil
}

func mapped(fd int, first bool) (*Segment, error) {
	mem, err := unix.Mmap(fd, 0, Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	s := &Segment{mem: mem}
	open(mem, first, &s.In, &s.Out)
	return s, nil
}

// Close gives this side's mapping back; the peer keeps its own.
func (s *Segment) Close() error { return os.NewSyscallError("munmap", unix.Munmap(s.mem)) }
