// Package control is how other commands of the same user reach a world that a
// `wirebook up` runs: `wirebook ps`, `kill`, `exec`, and `run` when it joins.
//
// It is HTTP/1.1 with JSON on a Unix socket in a directory that only the user
// can enter. Which commands there are is the handler's business:
//
//	ln, err := control.Listen("default")
//	mux := http.NewServeMux()
//	mux.HandleFunc("GET /ps", func(w http.ResponseWriter, r *http.Request) { control.Reply(w, table()) })
//	mux.Handle("POST /net", control.Sockets(hostByName))
//	err = control.Serve(ctx, ln, mux)
//
//	c, err := control.Dial("default")
//	err = c.Call(ctx, "GET", "/ps", nil, &table)
//
// Two kinds of requests do not end with an answer. The connection of one goes
// on, as a WebSocket's does, and is then the thing itself:
//
//   - A socket: [Network] is a netx.Network in this process, each of whose
//     sockets is one of a host in the world of the other process. A client run
//     by `wirebook exec alice …` has the user's own terminal and files, and its
//     packets leave from alice. [Sockets] is the other side.
//   - A lease: the card of a program that `wirebook run` started is plugged
//     into the world for as long as the connection lasts, and the world says over
//     it which addresses the card has. [Client.Join] and [Lease].
//
// After the answer 101, such a connection carries frames: a letter that says
// what kind, a length in four bytes, and so many bytes.
//
//	O  opened: JSON, the other side's first answer
//	D  data: bytes of a stream; or one datagram, after its address; or JSON,
//	   what the world has to say to a guest
//	F  end of the stream in this direction, as TCP's FIN
//	E  error: JSON; the stream is over, a datagram socket goes on
//
// Either process may die at any time. The other reads the end of the
// connection, and closes what belonged to it.
package control
