// Package guest runs an ordinary program, unmodified, as a host on a LAN of
// the miniature Internet (Linux only).
//
// The program does its own networking with the kernel's TCP/IP, as always;
// what changes is which network the kernel shows it. Two things of Linux do
// that.
//
// A namespace is a process's view of one part of the system. Processes in
// another network namespace have other cards, addresses, routes and ports:
// their kernel has, for them, the same code and an empty table. Processes in
// another mount namespace can have another file at /etc/resolv.conf; in
// another PID namespace they see only each other, and when their process 1
// ends, the kernel kills the rest; in another UTS namespace the host has
// another name. An ordinary user may make all of these after making a user
// namespace, in which he is root: root of these namespaces, and still himself
// to everything else.
//
// A TAP device is a network card whose cable ends in a program: each Ethernet
// frame that the kernel sends out of the card can be read from a file
// descriptor, and what is written there the card receives. [Tap] is that
// descriptor.
//
// So a program gets onto the LAN in these steps:
//
//	wirebook run -- curl http://www.example.com/
//
//	outer process                          inner stage (process 1 of the guest)
//	[Start] re-executes its own file
//	in new namespaces            ────────▶ [Main] finds that it is the inner stage
//	Join finds a world           ────────▶ host name, /etc, /proc, /sys
//	                                       TAP device eth0: addresses, routes
//	                             ◀──────── the Tap, passed over a Unix socket
//	attach plugs it into a switch
//	[Guest.Configure]            ────────▶ the address that DHCP has lent
//	                             ────────▶ starts curl as its child
//	frames go to and fro                   curl talks; orphans are reaped
//	[Guest.Configure]            ────────▶ another address, or none any more
//	                             ◀──────── how curl ended
//
// Between the program and its terminal, its files and its signals there is
// nothing: it has the descriptors, the process group and the working directory
// that it would have had without all this.
//
// # Nothing is left
//
// Everything hangs on open descriptors and live processes, which the kernel
// clears away however they end. If the outer process dies, also by kill -9,
// process 1 reads the end of the socket between them and ends, and with it
// every process in the guest. If process 1 dies, the outer process reads the
// same. The mounts are of the mount namespace, the card of the network
// namespace, the files written for /etc are in memory and of those mounts:
// all are gone with the last process. No step is left to be done by somebody
// who might have been killed before.
//
// # Programs that one does not know
//
// Whoever runs somebody else's program, as to check an exercise, can see from
// outside what it does: [Guest.Sockets] says where it listens, without a
// connection that would be its first; [Guest.Activity], whether it works, waits,
// or waits for standard input. [Limits] bound what it uses, and [Sandbox] what
// it changes. If it is written to talk with 127.0.0.1, a [LoopbackMode] lets
// that be somebody on the LAN, and Host.Self does so for a program that asks for
// its own host's name.
//
// Two kinds of limits hold the program, since neither is enough. Those of
// setrlimit(2) are each process's own, so that a thousand processes have a
// thousand times as much, and some do not bind root; but the kernel keeps them
// to the byte. What the guest has in all, only this process can add up, some
// times a second; when it is too much, it kills the guest. It is in time, since
// the kernel gives out no more than a few hundred process numbers inside (Linux
// 6.14; of an ordinary user, 5.14), and less processor time to the program.
//
// # Where to use what
//
// A program that re-executes itself must call [Main] before anything else:
//
//	func main() {
//		guest.Main()
//		…
//	}
//
// In a process that has the world itself, attach plugs the card into a switch:
//
//	g, err := guest.Start(ctx, config, func(g *guest.Guest, tap *guest.Tap) error {
//		port := lan.Attach(link, node, func(frame []byte) { tap.WriteFrame(frame) })
//		go guest.Pump(ctx, tap, port.Send)
//		return nil
//	})
//
// To join the world of another process, attach passes the Tap on with
// [SendTap], and that process does these two lines with what [ReceiveTap]
// gave it. See Kurose & Ross §6.4 for switches and Ethernet, and
// namespaces(7), pid_namespaces(7) and user_namespaces(7).
package guest
