//go:build !linux && !darwin

package tcp

import (
	"errors"

	"github.com/ringmq/ringmq/transport"
)

// setOptions refuses all: the system lacks them.
func setOptions(_ uintptr, o transport.Options) error {
	if o.TOS != 0 || o.Priority != 0 || o.UserTimeout != 0 {
		return errors.ErrUnsupported
	}
	return nil
}

func setDevice(_ uintptr, name string) error {
	if name != "" {
		return errors.ErrUnsupported
	}
	return nil
}
