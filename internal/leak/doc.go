// Package leak makes tests fail when they leave a goroutine or a file descriptor behind.
//
// Each package that opens sockets, files or goroutines has this in one of its test files:
//
//	func TestMain(m *testing.M) { leak.Main(m) }
//
// [Check] does the same for a single test, to find out which one it is.
//
// What counts as a leak: whatever was not there when the [Snapshot] was taken and is still there a few seconds after
// the tests have ended. Closing may be asynchronous (a peer's hang-up, a loop that stops after its last socket), so a
// finding is looked at again until it is gone or the patience is used up; a clean run costs one look and no waiting.
//
// The I/O loops of the library need no exception: they stop when the last socket closes, and a test binary that ends
// with loops running has left a socket open. The only things excepted are the Go runtime's own.
//
// Descriptors are compared on Linux, by number and target in /proc/self/fd. Other systems compare goroutines only.
package leak
