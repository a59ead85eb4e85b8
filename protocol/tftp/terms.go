package tftp

import (
	"strconv"
	"time"
)

// The names of the options.
const (
	blksize    = "blksize"    // RFC 2348
	timeout    = "timeout"    // RFC 2349
	tsize      = "tsize"      // RFC 2349
	windowsize = "windowsize" // RFC 7440
)

// What the RFCs allow, and what holds where nothing else was agreed.
const (
	DefaultBlock = 512
	MinBlock     = 8
	MaxBlock     = 65464
	MaxWindow    = 1024 // RFC 7440 has 65535; half the block numbers is the most that can work

	maxTimeout = 255 * time.Second

	// maxFlight is how many bytes may be on their way at once: a window is
	// kept in memory until it has been acknowledged.
	maxFlight = 512 << 10
)

// Terms are what the two sides of a transfer agree on. A zero means that
// nothing was agreed.
type Terms struct {
	BlockSize int           // bytes in a block
	Window    int           // blocks to an acknowledgment
	Timeout   time.Duration // until a datagram is sent again; whole seconds
	Size      int64         // of the file; meaningful when HasSize
	HasSize   bool
}

// Options are those of a request that asks for t.
func (t Terms) Options() []Option {
	var options []Option
	add := func(name string, value int64) {
		options = append(options, Option{name, strconv.FormatInt(value, 10)})
	}
	if t.BlockSize > 0 {
		add(blksize, int64(t.BlockSize))
	}
	if t.Timeout > 0 {
		add(timeout, int64(t.Timeout/time.Second))
	}
	if t.HasSize {
		add(tsize, t.Size)
	}
	if t.Window > 0 {
		add(windowsize, int64(t.Window))
	}
	return options
}

// Accept is the server's half of the negotiation: of the options of a request it
// takes those that it knows and whose values make sense, lowers what is too
// much, and leaves out the rest (RFC 2347).
func Accept(asked []Option, limits Terms) Terms {
	var t Terms
	for _, o := range asked {
		switch o.Name {
		case blksize:
			if n, ok := o.number(MinBlock, 1<<31); ok && t.BlockSize == 0 {
				t.BlockSize = min(int(n), limits.BlockSize)
			}
		case windowsize:
			if n, ok := o.number(1, 1<<16-1); ok && t.Window == 0 {
				t.Window = min(int(n), limits.Window)
			}
		case timeout:
			if n, ok := o.number(1, int64(maxTimeout/time.Second)); ok {
				t.Timeout = time.Duration(n) * time.Second
			}
		case tsize:
			if n, ok := o.number(0, 1<<62); ok {
				t.Size, t.HasSize = n, true
			}
		}
	}
	if t.Window > 0 {
		t.Window = max(1, min(t.Window, maxFlight/t.blockSize()))
	}
	return t
}

// Agree is the client's half: it checks the server's answer against what was
// asked. A server may lower a block or a window, and answers nothing that it
// was not asked.
func (t Terms) Agree(answered []Option) (Terms, error) {
	var agreed Terms
	refuse := func(o Option) (Terms, error) {
		return Terms{}, &Error{OptionsRefused, "not what was asked for: " + o.Name + "=" + o.Value}
	}
	for _, o := range answered {
		var n int64
		ok := false
		switch o.Name {
		case blksize:
			n, ok = o.number(MinBlock, int64(t.BlockSize))
			agreed.BlockSize = int(n)
		case windowsize:
			n, ok = o.number(1, int64(t.Window))
			agreed.Window = int(n)
		case timeout:
			n, ok = o.number(1, int64(maxTimeout/time.Second))
			agreed.Timeout = time.Duration(n) * time.Second
			ok = ok && agreed.Timeout == t.Timeout
		case tsize:
			n, ok = o.number(0, 1<<62)
			agreed.Size, agreed.HasSize = n, true
			ok = ok && t.HasSize
		}
		if !ok {
			return refuse(o)
		}
	}
	return agreed, nil
}

func (t Terms) blockSize() int {
	if t.BlockSize > 0 {
		return t.BlockSize
	}
	return DefaultBlock
}

func (t Terms) window() int { return max(t.Window, 1) }
