//go:build !linux

package vfs

import (
	"errors"
	"os"
)

// platform adds nothing where there is no portable way to more than what package os has.
type platform struct{}

func (*platform) init(*os.File) error { return nil }

// Preallocate lengthens the file; it is sparse where the file system has sparse files.
func (f *osFile) Preallocate(size int64) error { return f.Truncate(size) }

// MapWrites is for Linux alone: elsewhere a mapping and the file are not one and the same.
func (*osFile) MapWrites(int64) error { return errors.ErrUnsupported }
