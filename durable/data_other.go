//go:build !linux

package durable

import "os"

// SyncData waits until what was written is on the disk.
func SyncData(f *os.File) error { return f.Sync() }
