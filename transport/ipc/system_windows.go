package ipc

// MaxPath is the longest path, in bytes: sockaddr_un.sun_path has 108, the last of which is NUL (afunix.h).
const MaxPath = 107

// hasAbstract says whether the system has the abstract namespace.
const hasAbstract = false
