// Package check runs a student's program, unmodified, and judges it.
//
// Each case has an Internet of its own: the program's host, called student, on a
// LAN with a tester that is everybody else. What the program has in its source
// just works there. Its fixed port is free, and may be below 1024; each name that
// it looks up exists; each address that it sends to is the tester's by the time
// the packet arrives, on whatever port; even 127.0.0.1 leads to the tester. What
// was said is recorded as frames, so that a verdict can be shown: as a ladder, in
// which the message with the mistake is marked, and as bytes.
//
//	var Lab = check.Lab{
//		Name: "uppercase-udp", Kind: check.Server, Port: 12000,
//		Cases: []check.Case{{Name: "sentence", Run: sentence}},
//	}
//
//	func sentence(t *check.T) {
//		p := t.Start(nil)
//		at, word := p.Listening("udp"), t.Word()
//		socket := t.OpenUDP()
//		socket.Send(at, []byte(word))
//		reply, end := socket.Receive()
//		t.Await(end, check.Mistake{Name: "no-reply"})
//		if string(reply.Data) != strings.ToUpper(word) {
//			t.Wrong(check.Mistake{Name: "not-upper", Datagram: reply, Expected: strings.ToUpper(word), Actual: string(reply.Data)})
//		}
//	}
//
//	report, err := check.Run(ctx, &Lab, check.Options{Command: []string{"python3", "server.py"}, Dir: "."})
//
// # Waiting
//
// A check must tell a program that hangs from one that is slow since sixty others
// run on the same machine. So nothing is judged by the clock alone: a wait ends
// when the program has ended, or has done nothing at all for some seconds, neither
// computed nor sent nor printed; see [Case.Patience] and [End].
//
// # The files, in the order of a check
//
//	run.go        all cases, some at a time
//	arguments.go  finds out how the program is started; usage.go: what it says of that; kind.go: which program it is
//	case.go       T: one case, from a new Internet to its end
//	lan.go        that Internet; stranger.go, names.go, loopback.go: whom the program finds there
//	program.go    the student's program; keyboard.go types for the student; folder.go: its files
//	stream.go, datagrams.go, tls.go, packets.go  what a case does on the network
//	judge.go      how a case ends; crash.go reads a program's last words
//	record.go, evidence.go  what is shown of it
//	workspace.go, computer.go  what keeps the machine safe from it; instead.go: who does its work
package check
