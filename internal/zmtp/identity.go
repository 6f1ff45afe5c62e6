package zmtp

// MaxIdentity is the longest identity, in bytes (RFC 37, "The Identity Property").
const MaxIdentity = 255

// ValidIdentity says whether id may be announced by a peer: at most [MaxIdentity] bytes, of which the first is not 0.
// Those that begin with 0 are for the ids that an implementation makes up itself. None at all is valid.
func ValidIdentity(id []byte) bool {
	return len(id) <= MaxIdentity && (len(id) == 0 || id[0] != 0)
}
