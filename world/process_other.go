//go:build !unix

package world

import "os"

// runs reports whether there is a process of that ID.
func runs(process int) bool {
	p, err := os.FindProcess(process)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
