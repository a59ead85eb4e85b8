// Package cabling plugs network namespaces, such as those of containers, into
// switches, all of which the Linux kernel makes: a switch is a bridge, a cable is
// a veth pair, one end of which is the card of the machine.
//
// Containers that are to be the hosts of a world start without any network. The
// bridges are in one container, which needs CAP_NET_ADMIN and nothing else: a
// machine that wants to be plugged in gives it a descriptor of its own network
// namespace over a Unix socket ([Line]), and finds cards in it a moment later.
//
//	switches, err := cabling.NewSwitches()
//	err = switches.Add("campus")
//	port, err := switches.Plug(namespace, "campus", cabling.Card{Name: "eth0", MAC: mac})
//
// and the machine, in its own namespace:
//
//	err := cabling.SetUp("eth0", addrs)
//	err = cabling.Route(dst, via, "eth0")
//
// Why not the networks that Docker makes? Packets that a router of ours has
// forwarded come from addresses of other networks; Docker's rules for internal
// networks drop them. Docker takes an address of each network for itself, the one
// that the world has for its router, and lends others as it likes, so that there is
// nothing left for DHCP to do. And a private network such as 192.168.1.0/24 can be
// on a machine once only: neither two classes nor the network that the machine
// itself is on would fit beside it. Here all that is inside namespaces: the
// machine's own network does not know of it.
package cabling
