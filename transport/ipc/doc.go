// Package ipc is the transport "ipc": ZMTP over Unix domain stream sockets. Importing it registers it.
//
// Endpoints, after zmq_ipc(7):
//
//	bind      ipc://PATH    a path in the file system, absolute or relative: ipc:///run/feed.sock, ipc://feed.sock
//	          ipc://@NAME   a name in Linux's abstract namespace, which no file stands for
//	          ipc://*       a path of the transport's choice, which the bound endpoint then tells
//	connect   ipc://PATH or ipc://@NAME
//
// PATH and @NAME have at most [MaxPath] bytes, the room in the system's socket address. A file whose name is * or
// begins with @ is reached as ./* or ./@.
//
// For * the transport makes a directory that only this user can enter (mode 0700) under TMPDIR, or where
// [os.TempDir] says, and the socket in it; Close removes both.
//
// # Paths that exist already
//
// Close removes the socket from the file system, if it is still the one that the listener made. A process that was
// killed leaves it behind, so Listen looks at what is at the path:
//
//	a socket that refuses connections   stale: it is removed and the path is bound
//	a socket that somebody listens on   ErrAddrInUse
//	anything else                       ErrAddrInUse; it is never removed
//
// This is stricter than libzmq, which removes whatever is at the path and takes it even from a live listener: there,
// two programs started with the same endpoint by mistake both run, and the first gets no more connections. To replace
// a running program, close its socket first.
//
// Telling and removing are two steps, and no lock of the file system covers both. Within a process they exclude each
// other. Two processes that replace the same stale path in the same microseconds can both succeed, and the later one
// then owns it.
//
// # Backlog
//
// A Dial to a listener whose backlog is full fails at once on Linux (EAGAIN) instead of waiting; the connector tries
// again, as after a refusal.
package ipc
