package leak

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

const fdDir = "/proc/self/fd"

// warmUpPoller makes the runtime open its epoll and eventfd descriptors, which it does with the first pollable file
// and never undoes.
func warmUpPoller() {
	r, w, err := os.Pipe()
	if err != nil {
		return // then there is no free descriptor, and the tests will say so better
	}
	r.Close()
	w.Close()
}

// openFiles maps each open descriptor of the process to its target, such as "socket:[4711]" or a path. It is nil where
// /proc is not mounted; then nothing is compared.
func openFiles() map[int]string {
	entries, err := os.ReadDir(fdDir)
	if err != nil {
		return nil
	}
	open := make(map[int]string, len(entries))
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// The descriptor that the listing itself used is closed by now, and has no target.
		if target, err := os.Readlink(filepath.Join(fdDir, e.Name())); err == nil {
			open[fd] = target
		}
	}
	return open
}

// newFiles lists, by number, what is open after and was not before. A number that now has another target is news: what
// it had was closed, and something else was left open.
func newFiles(before, after map[int]string) []string {
	var found []string
	for _, fd := range slices.Sorted(maps.Keys(after)) {
		target := after[fd]
		if was, ok := before[fd]; ok && was == target {
			continue
		}
		if before == nil || isProfile(fd) {
			continue
		}
		found = append(found, fmt.Sprintf("file descriptor %d -> %s", fd, target))
	}
	return found
}

// isProfile reports whether fd is one of the two files that package testing opens for the length of the run and leaves
// open: those of -cpuprofile and -trace.
func isProfile(fd int) bool {
	file, err := os.Stat(filepath.Join(fdDir, strconv.Itoa(fd)))
	if err != nil {
		return false
	}
	for _, name := range []string{"test.cpuprofile", "test.trace"} {
		profile, err := os.Stat(outputPath(flagValue(name)))
		if err == nil && os.SameFile(file, profile) {
			return true
		}
	}
	return false
}

// outputPath is where package testing writes the file of a profile flag.
func outputPath(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(flagValue("test.outputdir"), name)
}

func flagValue(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}
