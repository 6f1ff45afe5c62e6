package ipc

import (
	"fmt"
	"strings"

	"github.com/ringmq/ringmq/transport"
)

const (
	// wildcard stands for a path of the transport's choice.
	wildcard = "*"
	// abstractPrefix begins a name in the abstract namespace; package net puts the NUL byte in its place.
	abstractPrefix = "@"
)

func validateBind(addr string) error {
	if addr == wildcard {
		return nil
	}
	return validate(addr)
}

func validateConnect(addr string) error {
	if addr == wildcard {
		return invalid(addr, "* is for binding: a connect needs a path")
	}
	return validate(addr)
}

// validate checks a path or an abstract name.
func validate(addr string) error {
	switch {
	case addr == "":
		return invalid(addr, "no path")
	case addr == abstractPrefix:
		return invalid(addr, "no name after @")
	case isAbstract(addr) && !hasAbstract:
		return invalid(addr, "only Linux has abstract names; a file of that name is ./"+addr)
	case strings.ContainsRune(addr, 0):
		return invalid(addr, "a path cannot have a NUL byte")
	case len(addr) > MaxPath:
		return invalid(addr, fmt.Sprintf("the path has %d bytes, the system allows %d", len(addr), MaxPath))
	}
	return nil
}

func isAbstract(addr string) bool { return strings.HasPrefix(addr, abstractPrefix) }

func invalid(addr, reason string) error { return transport.Invalid(Scheme, addr, addr, reason) }
