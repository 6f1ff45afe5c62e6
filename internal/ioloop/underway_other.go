//go:build !linux

package ioloop

func unacknowledged(uintptr) int { return 0 }
