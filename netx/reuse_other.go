//go:build !unix

package netx

import "syscall"

// reuseAddr does nothing here: on Windows SO_REUSEADDR means that another
// program may take the port over, which is not what is wanted.
func reuseAddr(_, _ string, _ syscall.RawConn) error { return nil }
