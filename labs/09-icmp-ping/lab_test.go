package icmpping

import (
	"testing"

	"github.com/wirebook/wirebook/labs/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m) }

func TestLab(t *testing.T) { labtest.Run(t, &Lab) }
