// Package ftpc is a client of the File Transfer Protocol (RFC 959; Kurose & Ross,
// 6th edition, §2.3).
//
//	client := ftpc.Client{Network: host}
//	session, err := client.Dial(ctx, "ftp.example.edu")
//	…
//	defer session.Close()
//	err = session.Login(ctx, "anonymous", "alice@example.edu")
//	data, err := session.Get(ctx, "pub/README", os.Stdout, 0)
//
// and on the command line, where -v shows both connections:
//
//	$ wirebook exec alice ftp -v ftp.example.edu get pub/README
//	S: 220 Wirebook FTP server ready.
//	C: USER anonymous
//	S: 331 Any password will do; your e-mail address is customary.
//	C: PASS ***
//	S: 230 Logged in.
//	C: TYPE I
//	S: 200 Type set to binary
//	C: EPSV
//	S: 229 Entering Extended Passive Mode (|||41217|)
//	C: RETR pub/README
//	S: 150 Here it comes.
//	S: 226 Transfer complete.
//	D: passive: 192.0.2.11:45689 (client) connected to 192.0.2.21:41217 (server). 363 bytes from the server, 2.1ms.
//	C: QUIT
//	S: 221 Goodbye.
//
// What makes FTP unlike its younger relatives is the second connection. The
// control connection, to port 21, lives as long as the session and carries
// commands and replies. For each file, and each listing, there is a data
// connection, and its end is the end of the file. Who opens it is settled on the
// control connection: data.go has the two ways.
//
//	client.go    the connection to port 21
//	session.go   a command, and its reply
//	login.go     who we are; TLS (RFC 4217)
//	data.go      active and passive
//	transfer.go  a command that has a data connection, and abort.go its breaking off
//	files.go     get, put, append, resume
//	list.go      listings, and entries.go their lines: for programs (RFC 3659) and for people
//	commands.go  the rest
//	trace.go     what is told of it all
//
// Servers are not believed more than they must be: each line and each listing
// has a greatest length, each wait a greatest time, and the address that a
// server names for a data connection must be its own.
package ftpc
