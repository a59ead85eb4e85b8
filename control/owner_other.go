//go:build !unix

package control

import "io/fs"

// userDirectory needs no number: on Windows every user has a directory of his
// own for temporary files, which is also why it is private, and a socket that
// is in use cannot be removed, which is why no lock is needed.
func userDirectory() string { return "wirebook" }

func private(fs.FileInfo) bool { return true }

func lock(string) (unlock func(), err error) { return func() {}, nil }
