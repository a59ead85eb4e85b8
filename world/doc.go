// Package world turns a world file into a running Internet: which networks
// there are, which hosts are on them, what each host serves.
//
//	plan, err := world.Default()
//	w, err := world.Start(ctx, plan, world.Options{})
//	defer w.Close()
//	err = w.Ready(ctx)
//	conn, err := w.Host("alice").DialContext(ctx, "tcp", "www.example.com:80")
//
// The files of the package, in the order in which a world comes to be:
//
//	plan.go      what a world file says, as Go values
//	reader.go    YAML to values, with file, line and what to write instead
//	parse.go     the sections of a world file
//	scope.go     sets of addresses, as "campus" or 192.0.2.0/24
//	check.go     what cannot be seen in one place: names, addresses, loops
//	start.go     a plan becomes an internet.Internet with servers on it
//	serve_*.go   one file a kind of server: its section, its Server
//	lenders.go   the DHCP servers, and what they have lent
//	tenant.go    hosts that get their address from one
//	directory.go who has which addresses now, and the names for them in the DNS
//	guests.go    hosts that come and go
//	ways.go      gateways from this machine, and attached local servers
//	inspect.go   what everybody holds at the moment: tables, caches, leases, mail
//	break.go     cables, NATs and servers that are made to fail, by their names
//
// A world file is described in docs/worlds.md.
package world
