// Package dissect is what wire's dissectors have in common: the tree of fields,
// the findings, and the two shapes that a protocol can have.
//
// A protocol over UDP is a [DatagramDissector]: it is given one datagram, and
// says what it is. A protocol over TCP is a [StreamDissector]: two functions,
// one a direction, each of which reads its direction's bytes from a [Reader] as
// a server would read them from its connection, and emits a message whenever
// one is complete:
//
//	func (d *dialogue) commands(r *dissect.Reader) {
//		for {
//			line, err := r.Line(512)
//			if err != nil {
//				return
//			}
//			r.Emit(dissect.Part{Summary: string(line), Key: "smtp.command"})
//		}
//	}
//
// Reader.Line waits (as a coroutine: no goroutine runs beside) until the line is
// there, so a dissector cannot see how the bytes were cut into segments.
//
// What nobody should see, a password, the dissector names before it comes
// ([Reader.Hide]); asterisks stand for it in messages, packets and captures.
//
// A dissector holds no sentence: what a learner reads is named by a key, which
// package explain's catalogues turn into English or Chinese.
package dissect
