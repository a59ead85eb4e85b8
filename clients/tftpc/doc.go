// Package tftpc is a client of the Trivial File Transfer Protocol (RFC 1350;
// Kurose & Ross §3.4.1): it gets a file from a server, or puts one there.
//
//	client := tftpc.Client{BlockSize: 1428, Size: true}
//	result, err := client.Get(ctx, "tftp.example.edu", "hello.txt", os.Stdout)
//
// and on the command line:
//
//	$ wirebook tftp get tftp.example.edu hello.txt
//	$ wirebook tftp put tftp.example.edu report.txt --blksize 1428 --windowsize 16
//
// The client asks at port 69, from a port of its own. The answer comes from a
// port that the server has chosen for this transfer, and from then on only what
// comes from there counts. What follows is stop-and-wait: package protocol/tftp
// has the two state machines, for the one who sends and the one who receives.
//
// Without options the transfer is that of RFC 1350. BlockSize, WindowSize, Size and
// AskTimeout ask for more (RFC 2347 to 2349, RFC 7440); a server that knows
// nothing of them answers as if they had not been there.
package tftpc
