//go:build !linux

package console

import "net/netip"

// ownPeer: nobody can say here whose a TCP connection is, so it is taken to be ours.
func ownPeer(_, _ netip.AddrPort) bool { return true }
