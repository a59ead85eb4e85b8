package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/guest"
)

// TestMain makes of this test binary three programs: the tests; `wirebook`,
// when a script starts it by that name; and the first process of a guest, when
// that wirebook re-executes itself.
func TestMain(m *testing.M) {
	guest.Main()
	testscript.Main(leakChecked{m}, map[string]func(){"wirebook": main})
}

type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
