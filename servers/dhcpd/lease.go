package dhcpd

import (
	"net"
	"net/netip"
	"time"
)

// State is what an address is to its client.
type State string

// The states. Offers are not stored: a client whose offer the server forgot
// in a crash will be answered all the same, or will begin anew.
const (
	Offered  State = "offered"  // it may be taken until a given time
	Bound    State = "bound"    // lent
	Expired  State = "expired"  // was lent, and not renewed
	Released State = "released" // was given back
	Declined State = "declined" // a stranger uses it
)

// Lease is an address and who has it, or had it last.
type Lease struct {
	Addr   netip.Addr
	Client []byte           // its identifier: option 61, or the hardware type (1 for Ethernet) and address
	MAC    net.HardwareAddr // as in chaddr
	Name   string           // as the client calls itself (option 12); may be anything
	State  State
	Since  time.Time // of being lent, or renewed, or given back
	Until  time.Time // from then on others may have the address
}

// over reports whether others may have the address.
func (l *Lease) over(now time.Time) bool { return !now.Before(l.Until) }

// active reports whether the address is lent.
func (l *Lease) active(now time.Time) bool { return l.State == Bound && !l.over(now) }
