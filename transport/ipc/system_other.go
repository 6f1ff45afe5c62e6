//go:build !linux && !windows

package ipc

// MaxPath is the longest path, in bytes: sockaddr_un.sun_path has 104 on darwin and the BSDs, the last of which is NUL
// (unix(4)).
const MaxPath = 103

// hasAbstract says whether the system has the abstract namespace.
const hasAbstract = false
