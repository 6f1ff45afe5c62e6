package tcp

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/ringmq/ringmq/transport"
)

// setOptions sets what tcp(7), ip(7) and socket(7) describe, and is not zero.
func setOptions(fd uintptr, o transport.Options) error {
	if err := setTOS(int(fd), o.TOS); err != nil {
		return err
	}
	for _, s := range []struct {
		name              string
		level, opt, value int
	}{
		{"SO_PRIORITY", unix.SOL_SOCKET, unix.SO_PRIORITY, o.Priority}, // after TOS, which sets it too
		{"TCP_USER_TIMEOUT", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(o.UserTimeout.Milliseconds())},
	} {
		if s.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(int(fd), s.level, s.opt, s.value); err != nil {
			return fmt.Errorf("setsockopt %s %d: %w", s.name, s.value, err)
		}
	}
	return nil
}

func setDevice(fd uintptr, name string) error {
	if name == "" {
		return nil
	}
	if err := unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, name); err != nil {
		return fmt.Errorf("setsockopt SO_BINDTODEVICE %q: %w", name, err)
	}
	return nil
}
