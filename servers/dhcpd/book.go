package dhcpd

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/wirebook/wirebook/durable"
)

// book is the journal of leases: a file to which a line is added for each
// lease that is given, renewed or ended. It is read once, when the server
// starts, and the last line about an address counts.
//
// An ACK is a promise, so it leaves only when its line is on the disk. One
// fsync serves all that came while the one before it was running. A crash can
// cut only lines whose ACK was not sent; reading stops at a line that is cut.
// When most lines are out of date, a new file with the others takes the old
// one's place.
//
// The zero book, of a server without a folder, sends everything at once.
type book struct {
	dir  *os.Root
	name string
	file *os.File

	mu      sync.Mutex
	lines   []byte // to be written
	spare   []byte // room for more, while those are
	count   int    // of the lines in the file and in lines
	live    int    // how many it would have if it were written anew, when that was last looked up
	waiting []datagram
	wake    chan struct{}
}

// maxWaiting is how many replies may wait for the disk; further ones are
// dropped, and their clients will ask again.
const maxWaiting = 10_000

// openBook reads the stored leases into the pools, which it empties first.
func (s *Server) openBook() (*book, error) {
	if s.Dir == nil {
		return &book{}, nil
	}
	b := &book{dir: s.Dir, name: cmp.Or(s.File, "leases"), wake: make(chan struct{}, 1)}
	file, err := b.dir.OpenFile(b.name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	b.file = file
	if err := errors.Join(s.readLeases(b), durable.SyncFolder(b.dir, ".")); err != nil {
		file.Close()
		return nil, err
	}
	return b, nil
}

// readLeases fills the pools, and cuts from the file what a crash left half
// written.
func (s *Server) readLeases(b *book) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.pools {
		p, err := newPool(&s.Networks[i], s.ID)
		if err != nil {
			return err
		}
		s.pools[i] = p
	}
	good := int64(0)
	r := bufio.NewReader(b.file)
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			if len(line) > 0 {
				s.log().Warn("the file of leases ends in half a line, which is cut off", "file", b.name)
			}
			break
		}
		if err != nil {
			return err
		}
		good += int64(len(line))
		l, err := parseLease(line)
		if err != nil {
			s.log().Warn("a stored lease cannot be read", "file", b.name, "line", number, "error", err)
			continue
		}
		b.count++
		if p := s.poolOf(l.Addr); p != nil {
			p.put(l)
		}
	}
	b.live = s.stored()
	if err := b.file.Truncate(good); err != nil {
		return err
	}
	_, err := b.file.Seek(good, io.SeekStart)
	return err
}

// stored counts the leases that a new file would have.
func (s *Server) stored() int {
	n := 0
	for _, p := range s.pools {
		n += len(p.entries)
	}
	return n
}

// note adds a lease to what is to be written. It is called with the server's
// lock, so that the lines are in the order of the events.
func (b *book) note(l *Lease) {
	if b.dir == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = appendLease(b.lines, l)
	b.count++
	b.poke()
}

// after sends d once all that was noted before is on the disk.
func (b *book) after(d datagram, send func(...datagram)) {
	if b.dir == nil {
		send(d)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) < maxWaiting {
		b.waiting = append(b.waiting, d)
	}
	b.poke()
}

func (b *book) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns what is to be done, and whether the file has become too long.
func (b *book) take() (lines []byte, waiting []datagram, long bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines, waiting = b.lines, b.waiting
	b.lines, b.spare, b.waiting = b.spare[:0], b.lines, nil
	return lines, waiting, b.tooLong()
}

// write brings what was noted to the disk, and sends what waited for that,
// until stop is closed.
func (b *book) write(s *Server, stop <-chan struct{}, send func(...datagram)) error {
	if b.dir == nil {
		<-stop
		return nil
	}
	for last := false; !last; {
		select {
		case <-b.wake:
		case <-stop:
			last = true // what is left is written still
		}
		if err := b.flush(s, send); err != nil {
			return fmt.Errorf("dhcpd: leases: %w", err)
		}
	}
	return nil
}

func (b *book) flush(s *Server, send func(...datagram)) error {
	lines, waiting, long := b.take()
	if len(lines) > 0 {
		if _, err := b.file.Write(lines); err != nil {
			return err
		}
		if err := durable.SyncData(b.file); err != nil {
			return err
		}
	}
	send(waiting...)
	if long && b.outdated(s) {
		return b.compact(s)
	}
	return nil
}

// outdated reports whether most lines of the file count no more.
func (b *book) outdated(s *Server) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live = s.stored()
	return b.tooLong()
}

func (b *book) tooLong() bool { return b.count > 1000+2*b.live }

// compact writes the leases into a new file, which then takes the old one's
// name. The old one stays until the new one is complete.
func (b *book) compact(s *Server) error {
	if err := durable.Replace(b.dir, b.name, b.snapshot(s)); err != nil {
		return err
	}
	file, err := b.dir.OpenFile(b.name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	b.file.Close()
	b.file = file
	return nil
}

// snapshot is every lease there is; what was noted but not yet written is in
// it, and need not be written again.
func (b *book) snapshot(s *Server) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []byte
	n := 0
	for _, p := range s.pools {
		for _, l := range p.snapshot(time.Time{}) {
			if l.State != Offered {
				lines = appendLease(lines, &l)
				n++
			}
		}
	}
	b.lines, b.count, b.live = nil, n, n
	return lines
}

func (b *book) close() {
	if b.file != nil {
		b.file.Close()
	}
}
