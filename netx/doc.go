// Package netx is the network as a server or a client sees it: three verbs
// (listen, listen for packets, dial) that the operating system and a host of
// the miniature Internet both know how to do.
//
// Every server and client of Wirebook is written on a [Network] that it is
// given. The same code therefore runs on the kernel's sockets ([OS]) and on a
// virtual host, with not a line changed.
//
//	ln, err := netx.OS{}.Listen(ctx, "tcp", "127.0.0.1:8080")
//	…
//	acceptor := netx.Acceptor{Log: log}
//	return acceptor.Serve(ctx, ln, func(ctx context.Context, conn net.Conn) {
//		io.WriteString(conn, "hello\r\n")
//	})
//
// It is the socket interface of Kurose & Ross §2.1 and §2.7.
package netx
