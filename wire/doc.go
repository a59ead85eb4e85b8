// Package wire says what was said on a network. It is given frames, as they
// cross the links, and makes of them packets, and of these messages:
//
//	frame -> packet -> message
//
// A [Message] is one message of an application's protocol, complete: an HTTP
// request, a DNS reply; or one of what lies below, where that is the story: an
// ARP request, an ICMP error, a TCP segment that was lost. It has who said it to
// whom, a one-line summary, its fields with their places in its bytes, the key
// of its explanation (package explain has the words), and findings: the rules
// of the RFCs that it breaks.
//
// A [Watcher] does it, live:
//
//	ring := frame.NewRing(1 << 16)
//	remove := net.Tap(ring)
//	w := wire.New(wire.Options{Names: names})
//	events := w.Subscribe(1024)
//	go w.Run(ctx, ring)
//	for event := range events.C {
//		fmt.Println(event.Message.From, "->", event.Message.To, event.Message.Summary)
//	}
//
// Messages are taken from the sender's own link: what a host said is what it
// put on its cable, also when the network then lost it. Such a message is a
// message too; its Losses say where it went.
//
// The packages below: dissect is what all dissectors have in common; packet
// reads one frame; stream puts TCP streams in order; http, dns, ftp and others are
// dissectors, a folder each; ladder draws messages as a ladder diagram; pcap
// writes frames as a capture that Wireshark reads.
package wire
