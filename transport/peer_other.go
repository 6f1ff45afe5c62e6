//go:build !linux && !darwin

package transport

import (
	"errors"
	"net"
)

func peerProcess(*net.UnixConn) (net.Addr, error) { return nil, errors.ErrUnsupported }
