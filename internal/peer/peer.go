// Package peer finds the programs that Wirebook's tests talk to and that
// Wirebook's authors did not write: dig, curl, tshark and their like.
package peer

import (
	"os/exec"
	"testing"
)

// Path is where the program of that name is; without it the test is skipped,
// and the reason names the Debian package to install.
func Path(t testing.TB, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("no %s here: apt-get install %s", program, debianPackage)
	}
	return path
}
