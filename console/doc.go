// Package console is the page: a running network in a browser, live. Each message
// that is said is an arrow of a ladder; whoever clicks it sees its layers, its
// bytes and what they mean. Hosts can be opened, messages held back, cables pulled.
//
//	page, err := console.New(console.ForWorld(w, clock))
//	defer page.Close()
//	server := http.Server{Handler: page.Handler(console.Access{})}
//	err = server.Serve(listener)
//
// The way of a message to the page:
//
//	frame     a ring sees it (frame.Ring)
//	message   a Watcher makes it (wire.Watcher)
//	journal   keeps the newest messages, bounded in number and in bytes   journal.go
//	stream    each browser is sent what has changed since it last read    stream.go
//	row       static/store.js and static/ladder.js draw those that are in sight
//
// The journal is one, however many look on: a stream has a position in it and no
// queue. A browser that is slow asks for less; it is told how much it has missed,
// and nobody else notices.
//
// What can be done with a network depends on where it is: Options name each
// capability, and what is missing is not on the page.
//
// A demo (Options.Demos) is played in a world of its own, which has a Page like any
// other. While it is on, that page answers in the place of the first (stage.go); what
// is told of the demo goes to all streams, as far as the class wants to hear it
// (narration.go).
//
// Whose connection it is, the kernel says where it can (peer.go). Frames that wait
// are shown with asterisks for their passwords (veil.go), as everything else is.
//
// The page is HTML, CSS and ES modules as they stand in static: there is no build
// step, and nothing is fetched from elsewhere. Events are server-sent (the HTML
// standard, §9.2 https://html.spec.whatwg.org/multipage/server-sent-events.html).
// The words are those of package explain, topic page.
package console
