//go:build !unix

package ftpd

import "net"

// takeUrgentInline is known for Unix only: elsewhere an ABOR that is sent as
// urgent data is heard with the command that follows it.
func takeUrgentInline(net.Conn) {}
