package ioloop

import (
	"math/bits"
	"runtime"

	"golang.org/x/sys/unix"
)

// findCores reads the set of cores of the calling thread.
func findCores() (found []int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return allCores()
	}
	for cpu := range len(set) * bits.UintSize {
		if set.IsSet(cpu) {
			found = append(found, cpu)
		}
	}
	return found
}

// pin locks a pinned loop to its thread and core and returns what undoes it. A core that does not exist leaves the
// thread where it is: the loop works all the same.
func (l *Loop) pin() func() {
	if !l.cfg.pinned {
		return func() {}
	}
	runtime.LockOSThread()
	var before, set unix.CPUSet
	if unix.SchedGetaffinity(0, &before) != nil {
		return runtime.UnlockOSThread
	}
	set.Set(l.cfg.cpu)
	if unix.SchedSetaffinity(0, &set) != nil {
		return runtime.UnlockOSThread
	}
	return func() {
		if unix.SchedSetaffinity(0, &before) == nil {
			runtime.UnlockOSThread() // otherwise the thread ends with the goroutine
		}
	}
}
