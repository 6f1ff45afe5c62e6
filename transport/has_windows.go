package transport

// What this system can do of [Options].
const (
	HasBacklog     = false
	HasTOS         = false
	HasPriority    = false
	HasUserTimeout = false
	HasDevice      = false
	HasCredentials = false
)
