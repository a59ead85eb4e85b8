// Package ftpd is a server of the File Transfer Protocol: it gives away the files
// of folders, and takes them from who may.
//
// FTP is older than TCP, and was for long how files went from one computer to
// another. Unlike HTTP it has two connections. The control connection, to port
// 21, is there for the whole session, and the server keeps a state about it: who
// has logged in, in which folder they are. Each file, and each listing, goes over
// a data connection of its own, whose end is the end of the file. Who connects to
// whom for it is agreed on before, on the control connection:
//
//	passive    the client says PASV or EPSV, the server names a port, the client connects
//	active     the client says PORT or EPRT with a port, the server connects, from port 20
//
// Control information out of band, and a state on the server, is what Kurose &
// Ross set against HTTP in "FTP", among the application-layer protocols.
//
// # A session
//
//	server := ftpd.Server{
//		Addr:      "127.0.0.1:2121",
//		Users:     map[string]ftpd.User{"alice": {Password: "secret", Root: "/home/alice"}},
//		Anonymous: &ftpd.User{Root: "/srv/ftp"},
//	}
//	err := server.Serve(ctx, netx.OS{})
//
// and what is said when anonymous fetches a file:
//
//	S: 220 Wirebook FTP server ready.
//	C: USER anonymous
//	S: 331 Any password will do; your e-mail address is customary.
//	C: PASS alice@example.edu
//	S: 230 Logged in.
//	C: TYPE I                             bytes as they are, and not lines of text
//	S: 200 Type set to binary
//	C: EPSV
//	S: 229 Entering Extended Passive Mode (|||40001|)
//	                                      the client connects to port 40001
//	C: RETR pub/README
//	S: 150 Here it comes.
//	                                      the bytes, and the end of that connection
//	S: 226 Transfer complete.
//	C: QUIT
//	S: 221 Goodbye.
//
//	$ curl ftp://127.0.0.1:2121/pub/README
//
// # Standards
//
// RFC 959: the protocol. RFC 1123 §4.1: what every implementation must mend. RFC
// 2389: FEAT and OPTS. RFC 2428: EPRT and EPSV, and so IPv6. RFC 2577: what can
// be abused, and how to prevent it. RFC 2640: names in UTF-8. RFC 3659: MDTM,
// SIZE, REST and MLSD. RFC 4217: TLS.
//
// # How to read it
//
// server.go waits for control connections. conversation.go is the dialogue on one
// of them: a table of commands, a method for each. login.go is USER and PASS,
// security.go AUTH and PROT, data.go PORT and PASV: where the data connection
// goes. transfer.go carries a file over it, stream.go moves the bytes. about.go
// has the commands that do no more than answer.
//
// Files as they are (TYPE I) are carried by transfer.go itself. What other commands do
// is done by ftpserverlib, to which library.go talks; relay.go passes its replies
// on. driver.go is what the library sees of us: a session, and a store, which is a
// folder of the disk (folder.go), or in memory (memory.go, memoryfile.go).
package ftpd
