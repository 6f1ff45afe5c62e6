//go:build !linux

package ioloop

import "runtime"

func findCores() []int { return allCores() }

// pin locks a pinned loop to its thread; this system has no call for the core.
func (l *Loop) pin() func() {
	if !l.cfg.pinned {
		return func() {}
	}
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}
