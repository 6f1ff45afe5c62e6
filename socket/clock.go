package socket

import "time"

var epoch = time.Now()

// now is the monotonic clock in nanoseconds; cheaper than time.Now.
func now() int64 { return int64(time.Since(epoch)) }
