// Package capture sees the frames of a kernel's network as the miniature Internet's
// taps see those of its own: who watches either is told the same.
//
//	socket, err := capture.Open()          // AF_PACKET: every interface of this namespace
//	socket.Watch(port, link)               // what interface number port is a cable of
//	err = socket.Run(ctx, tap)             // frame.Frame after frame.Frame
//
// The interfaces are the ports of switches that the kernel makes, so that each cable
// is seen at one end, both directions of it, and by one socket: the order is that in
// which it happened, and the clock is one.
//
// A captured frame does not say which packet it is. On its way through switches and
// routers a packet is seen once a cable; [Sightings] recognizes it by what does not
// change on the way, as one would with two captures side by side (RFC 791 has the
// identification field for fragments, and it helps here too).
//
// What a switch has thrown away is seen by [Lost].
//
// To other processes the frames go over a stream: [Send] and [Receive]. Those who
// watch never hold up the network: what they cannot take in time is left out, and
// counted (frame.Ring).
package capture
