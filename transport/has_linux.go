package transport

// What this system can do of [Options].
const (
	HasBacklog     = true
	HasTOS         = true
	HasPriority    = true
	HasUserTimeout = true
	HasDevice      = true
	HasCredentials = true
)
