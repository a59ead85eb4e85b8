package netx

import (
	"io"
	"net"
	"time"
)

// LingerTime is how long a server listens to one who may still be talking when the
// connection ends.
const LingerTime = 2 * time.Second

// Linger says that nothing more will come, and reads until the peer ends, too, or
// until the time given. A connection that is closed while there is something unread
// is reset, and the reset could overtake the last reply (RFC 9112 §9.6). The caller
// still has to close it.
func Linger(conn net.Conn, until time.Time) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		conn.SetReadDeadline(until)
		io.Copy(io.Discard, conn)
	}
}
