//go:build !linux && !darwin

package transport

import (
	"errors"
	"net"
)

func peerProcess(*net.UnixConn) (process, error) { return process{}, errors.ErrUnsupported }
