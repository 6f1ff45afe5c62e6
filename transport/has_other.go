//go:build !linux && !darwin && !windows

package transport

// What this system can do of [Options].
const (
	HasBacklog     = true
	HasTOS         = false
	HasPriority    = false
	HasUserTimeout = false
	HasDevice      = false
	HasCredentials = false
)
