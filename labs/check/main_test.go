package check

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/guest"
)

func TestMain(m *testing.M) {
	guest.Main()
	goleak.VerifyTestMain(m)
}
