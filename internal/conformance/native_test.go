//go:build !ringmq_portable

package conformance_test

const portable = false
