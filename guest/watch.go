package guest

import (
	"net/netip"
	"time"
)

// A Socket is an open socket of a guest, as its kernel lists it. What shows
// whether a server listens without connecting to it: a server may take a
// connection that is closed at once for its first client.
type Socket struct {
	Network string // tcp, tcp6, udp, udp6, raw or raw6

	// Local and Remote are the two ends; an end that is not known yet is all
	// zero. In a tcp6 or udp6 socket that speaks IPv4 they are IPv4 addresses.
	// A raw socket has, in place of its local port, the number of its IP
	// protocol: 1 is ICMP.
	Local, Remote netip.AddrPort

	// State is TCP's, by its name in RFC 9293 §3.3.2: LISTEN, ESTABLISHED,
	// CLOSE-WAIT. "" for the others, which have none.
	State string

	// Queue is how much waits to be taken from the socket: of TCP, bytes; of a
	// listening socket, connections that are not yet accepted; of the others,
	// the memory that the waiting datagrams take, which is more than they hold.
	Queue int
}

// Activity is what the processes in a guest do, all but its process 1, which
// is ours.
type Activity struct {
	// Processes counts those, too, that have ended and that their parents have
	// not waited for. They have no threads.
	Processes, Threads int

	// Running says that a thread has something to do: it runs, or would if a
	// processor were free, or waits for a disk. If it is false, all of them wait
	// for something to happen: for a message, a key, a moment.
	Running bool

	// Reading says that a thread waits in read(2) for what the guest has as its
	// standard input. False if the system does not let us see that.
	Reading bool

	// CPU is the processor time used so far, in steps of 10 ms, with that of
	// processes that have ended and been waited for.
	CPU time.Duration

	// Delayed is for how long the threads that are there have been able to run
	// and not had a processor, together: what others on the machine cost them.
	// 0 where the system does not tell.
	Delayed time.Duration

	// Memory is what they have in memory, in bytes; what two processes share
	// counts twice.
	Memory int64
}
