// Package classroom makes a world of machines that are not in one process, but
// containers, say: each host and router is a process in a network namespace of its
// own, and one more holds the switches.
//
//	switches   a [Hub]: kernel bridges, one a network; sees every frame
//	  │  Unix socket
//	  ├── www    a [Member]: asks to be plugged in, then runs the servers of the plan's www
//	  ├── gw     the same; the kernel forwards
//	  ├── alice  gets her address by DHCP
//	  └── …
//
// A member comes with its name and its network namespace. The hub gives it the cards
// that the plan has for it (package cabling), and hears from it how its servers are and
// which addresses it has. What others must know of that, it tells all members: who has
// a lease has a name in the DNS. By the same line it asks a member what it holds, or has
// it stop a server ([Hub.Tell] and the methods beside it): that is what a page shows and
// does. When one of the two dies, the other reads the end of the line: the hub takes the
// cable away; a member asks to be plugged in again, and its servers run on.
//
// Who is not in the plan, such as a student's workstation, comes by another socket. It
// can be nobody else, and is told no secret.
//
// The servers are those of the miniature Internet, and not a line of them is changed.
package classroom

import (
	"net/netip"

	"github.com/wirebook/wirebook/world"
)

// message is what a member and the hub say to each other. One field is set.
type message struct {
	Hello     *hello     `json:",omitempty"` // member, with its namespace: who it is
	Welcome   *welcome   `json:",omitempty"` // hub: the cards are there
	Refused   string     `json:",omitempty"` // hub: why there are none
	Report    *Report    `json:",omitempty"` // member: how it is
	Directory *directory `json:",omitempty"` // hub: who is there
	Order     *order     `json:",omitempty"` // hub: what the member is to do or to tell
	Answer    *answer    `json:",omitempty"` // member: that it is done
}

type hello struct {
	Name     string
	Newcomer bool // it is not in the plan
}

type welcome struct {
	Name string // a newcomer may get another than it asked for

	// Authority is what signs the certificates of the class, in PEM: with its key
	// for those who are in the plan, without for newcomers.
	Authority []byte
}

// directory are those whose addresses are not in the plan.
type directory struct{ Present []present }

type present struct {
	Name  string
	FQDN  string
	Addrs []netip.Addr
}

// Report says how a machine is.
type Report struct {
	Servers []world.ServerStatus `json:"servers"`
	Addrs   []netip.Addr         `json:"addresses"` // that it has now
	Ill     string               `json:"ill"`       // what is wrong; "": nothing
}
