#!/usr/bin/env bash
# Builds libzmq with its draft socket types, which distributions leave out, on Linux:
#
#   apt-get source zeromq3
#   export RINGMQ_DRAFT_LIBZMQ=/tmp/libzmq-drafts.so
#   internal/interop/testdata/build-drafts.sh zeromq3-*/ "$RINGMQ_DRAFT_LIBZMQ"
#   go test ./internal/interop
#
# It needs a C++ compiler and takes some minutes. What the tests do not use is left out: CURVE, GSSAPI, PGM, NORM,
# WebSockets.
set -euo pipefail

usage() {
	echo "usage: $0 SOURCE_FOLDER LIBRARY" >&2
	exit 2
}
[ $# -eq 2 ] && [ -f "$1/src/zmq.cpp" ] || usage
source=$(cd "$1" && pwd)
library=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What its configure script finds on any Linux of the last ten years.
for name in \
	HAVE_ACCEPT4 HAVE_CLOCK_GETTIME HAVE_FORK HAVE_IF_NAMETOINDEX HAVE_MKDTEMP HAVE_STRNLEN \
	ZMQ_BUILD_DRAFT_API ZMQ_HAVE_EVENTFD ZMQ_HAVE_EVENTFD_CLOEXEC ZMQ_HAVE_IFADDRS ZMQ_HAVE_IPC ZMQ_HAVE_LINUX \
	ZMQ_HAVE_NOEXCEPT ZMQ_HAVE_O_CLOEXEC ZMQ_HAVE_SOCK_CLOEXEC ZMQ_HAVE_SO_BINDTODEVICE ZMQ_HAVE_SO_KEEPALIVE \
	ZMQ_HAVE_SO_PEERCRED ZMQ_HAVE_TCP_KEEPCNT ZMQ_HAVE_TCP_KEEPIDLE ZMQ_HAVE_TCP_KEEPINTVL ZMQ_HAVE_UIO \
	ZMQ_IOTHREAD_POLLER_USE_EPOLL ZMQ_IOTHREAD_POLLER_USE_EPOLL_CLOEXEC ZMQ_POLL_BASED_ON_POLL \
	ZMQ_USE_CV_IMPL_STL11; do
	echo "#define $name"
done >"$work/platform.hpp"
echo '#define ZMQ_CACHELINE_SIZE 64' >>"$work/platform.hpp"

# The files of WebSockets do not leave themselves out as the others do.
export work flags="-O1 -fPIC -w -D_GNU_SOURCE -I$work -I$source/include -I$source/src"
find "$source/src" -name '*.cpp' ! -name 'ws*' -print0 |
	xargs -0 -P "$(nproc)" -I {} sh -c 'g++ $flags -c "$1" -o "$work/$(basename "$1").o"' sh {}
g++ -shared -Wl,-z,defs -o "$library" "$work"/*.o -lpthread
