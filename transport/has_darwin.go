package transport

// What this system can do of [Options].
const (
	HasBacklog     = true
	HasTOS         = true
	HasPriority    = false
	HasUserTimeout = false
	HasDevice      = false
	HasCredentials = true
)
