package httpc

// Mode is a way of getting a page and its objects (Kurose & Ross §2.2.2).
type Mode int

const (
	// Serial is non-persistent connections, one after another: each object
	// has a connection of its own, which costs one round trip to make and
	// one to ask.
	Serial Mode = iota

	// Parallel is non-persistent connections, several at a time.
	Parallel

	// Persistent is one connection on which one object is asked for after
	// another.
	Persistent

	// Pipelined is one connection on which all objects are asked for at once.
	Pipelined
)

// Modes are all four, in the book's order.
var Modes = []Mode{Serial, Parallel, Persistent, Pipelined}

// String is the name by which a mode is chosen on a command line.
func (m Mode) String() string {
	return [...]string{"serial", "parallel", "persistent", "pipelined"}[m]
}

// Predict is how many round-trip times the book computes for a page with so many
// objects, all on the page's own server, with n connections at a time where the
// mode is Parallel. What the book leaves out is left out here: the time to send
// the objects, and the start of TCP, which is slow (§3.7). A large page takes
// longer.
func Predict(mode Mode, objects, n int) int {
	const page = 2 // a round trip to connect, one to ask
	switch mode {
	case Serial:
		return page + 2*objects
	case Parallel:
		rounds := (objects + n - 1) / n
		return page + 2*rounds
	case Persistent:
		return page + objects
	}
	return page + min(objects, 1)
}
