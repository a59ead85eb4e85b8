package ftpd

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// dataConn is a data connection in the library's hands. What the library copies
// goes through ReadFrom and WriteTo here: in large pieces, each with a deadline,
// and where the system can do it (sendfile), without a copy.
type dataConn struct {
	net.Conn
	clock clock.Clock
	stall time.Duration // for each piece

	bytes atomic.Int64
	out   []byte // short writes, such as the lines of a listing, are collected

	mu     sync.Mutex
	failed error // of the network, not of the file
}

// piece is how much is copied between two deadlines, in bytes.
const piece = 256 << 10

func (d *dataConn) soon() time.Time { return d.clock.Now().Add(d.stall) }

func (d *dataConn) count() int64 { return d.bytes.Load() }

// broken is why the network failed, if it did.
func (d *dataConn) broken() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// note counts n bytes, and remembers the first error.
func (d *dataConn) note(n int64, err error) error {
	d.bytes.Add(n)
	if err != nil && !errors.Is(err, io.EOF) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.failed == nil {
			d.failed = err
		}
	}
	return err
}

func (d *dataConn) Read(b []byte) (int, error) {
	d.Conn.SetReadDeadline(d.soon())
	n, err := d.Conn.Read(b)
	return n, d.note(int64(n), err)
}

// Write collects what is short.
func (d *dataConn) Write(b []byte) (int, error) {
	const enough = 16 << 10
	d.out = append(d.out, b...)
	if len(d.out) < enough {
		return len(b), nil
	}
	return len(b), d.Flush()
}

// Flush sends what was collected. The library calls it at the end. Under TLS the
// client waits for the handshake even when there is nothing to send.
func (d *dataConn) Flush() error {
	d.Conn.SetWriteDeadline(d.soon())
	if secured, ok := d.Conn.(*tls.Conn); ok {
		d.Conn.SetDeadline(d.soon())
		if err := secured.Handshake(); err != nil {
			return d.note(0, err)
		}
	}
	if len(d.out) == 0 {
		return nil
	}
	n, err := d.Conn.Write(d.out)
	d.out = d.out[:0]
	return d.note(int64(n), err)
}

// ReadFrom sends what it reads from src until its end: a download.
func (d *dataConn) ReadFrom(src io.Reader) (total int64, err error) {
	if h, ok := src.(*handle); ok {
		if file, ok := h.file.(*os.File); ok {
			if tcp, ok := d.Conn.(*net.TCPConn); ok {
				return d.sendFile(tcp, file)
			}
		}
	}
	buffer := buffers.Get().(*[piece]byte)
	defer buffers.Put(buffer)
	for {
		n, err := src.Read(buffer[:])
		if n > 0 {
			total += int64(n)
			if err := d.send(buffer[:n]); err != nil {
				return total, err
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func (d *dataConn) send(b []byte) error {
	if len(b) < piece/8 { // such as a line of a text
		_, err := d.Write(b)
		return err
	}
	if err := d.Flush(); err != nil {
		return err
	}
	n, err := d.Conn.Write(b)
	return d.note(int64(n), err)
}

// sendFile lets the kernel send the file, from its cache to the network card. To
// ask for little at a time would cost more than the sending; a client for whom it
// was too much until the deadline may go on if it has taken a piece.
func (d *dataConn) sendFile(tcp *net.TCPConn, file *os.File) (total int64, err error) {
	const much = 4 << 20
	for {
		tcp.SetWriteDeadline(d.soon())
		n, err := tcp.ReadFrom(io.LimitReader(file, much))
		total += n
		if n >= piece && errors.Is(err, os.ErrDeadlineExceeded) {
			d.note(n, nil)
			continue
		}
		if d.note(n, err); err != nil || n < much {
			return total, err
		}
	}
}

// WriteTo reads until the client closes the connection, which is the end of an
// upload, and writes all of it to dst.
func (d *dataConn) WriteTo(dst io.Writer) (total int64, err error) {
	buffer := buffers.Get().(*[piece]byte)
	defer buffers.Put(buffer)
	for {
		n, err := d.Read(buffer[:])
		if n > 0 {
			written, err := dst.Write(buffer[:n])
			total += int64(written)
			if err != nil {
				return total, err
			}
		}
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

var buffers = sync.Pool{New: func() any { return new([piece]byte) }}
