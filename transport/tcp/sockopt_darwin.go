package tcp

import (
	"errors"

	"github.com/ringmq/ringmq/transport"
)

// setOptions sets what ip(4) and ip6(4) describe, and is not zero. The system lacks the others.
func setOptions(fd uintptr, o transport.Options) error {
	if o.Priority != 0 || o.UserTimeout != 0 {
		return errors.ErrUnsupported
	}
	return setTOS(int(fd), o.TOS)
}

func setDevice(_ uintptr, name string) error {
	if name != "" {
		return errors.ErrUnsupported
	}
	return nil
}
