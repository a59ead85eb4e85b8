// Package httpc is a web client: it asks for documents over HTTP/1.1, and measures
// what the ways of asking cost.
//
// One document, redirects followed:
//
//	client := httpc.Client{Network: host}
//	response, err := client.Get(ctx, "http://www.example.com/")
//	…
//	defer response.Close()
//	io.Copy(os.Stdout, response.Body)
//
// Set Client.Wire to see the exchange as it goes over the wire; [Printer] writes
// it as lines with ">" and "<":
//
//	> GET / HTTP/1.1
//	> Host: www.example.com
//	>
//	< HTTP/1.1 200 OK
//	< Content-Length: 14
//	<
//
// [Client.Page] gets a page with all its pictures, scripts and style sheets in
// one of the four ways that Kurose & Ross §2.2.2 compares, and says how many
// connections and round-trip times that took, beside what the book computes.
//
// client.go follows redirects, conn.go is one connection, request.go and
// response.go are what goes there and comes back; page.go and book.go are the
// comparison. It follows RFC 9110 and RFC 9112. There is no https here.
package httpc
