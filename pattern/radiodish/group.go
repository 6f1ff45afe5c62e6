package radiodish

import (
	"bytes"
	"fmt"

	"github.com/ringmq/ringmq"
)

// MaxGroup is the length of the longest group, in bytes (RFC 48).
const MaxGroup = 255

// checkGroup returns an error for what is no group: one that wraps zero for one with a zero byte, which libzmq cannot
// have either since its groups end with one.
func checkGroup(group []byte, zero error) error {
	if len(group) > MaxGroup {
		return fmt.Errorf("%w: a group has at most %d bytes, not %d", ringmq.ErrTooLarge, MaxGroup, len(group))
	}
	if bytes.IndexByte(group, 0) >= 0 {
		return fmt.Errorf("%w: a group has no zero byte", zero)
	}
	return nil
}
