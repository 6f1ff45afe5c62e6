//go:build !linux

package udp

// setOnlyOwn does nothing: other systems filter by themselves, or cannot.
func (options) setOnlyOwn(handle) error { return nil }
