package check

import (
	"io/fs"
	"time"
)

// A Lab is one exercise: what the student is given, and the cases that judge
// what they made of it.
type Lab struct {
	Number  int    // its place in the teaching order: the folder is NN-name
	Name    string // "web-server"; its words are in the catalogue under lab.<name>
	Section string // of the book: "§2.7"

	// Files has what `lab start` copies: handout.md, handout.zh-CN.md, hints.md,
	// hints.zh-CN.md, and starter/python and starter/go.
	Files fs.FS

	// Protocol is what the program speaks, as a message of package wire shows
	// it ("HTTP"), so that it is recognised on whatever port it is found; "" if it
	// is no known one.
	Protocol string

	Kind Kind

	// Port is the one that the book's text has: a server's argument, and where
	// the program is awaited if it cannot be watched.
	Port uint16

	// Arguments are the ways in which programs for this lab take their
	// arguments, likely ones first: {"{host}", "{port}"}. What stands in braces
	// is filled in by the case; see [Values]. The first is mostly none at all.
	Arguments [][]string

	// Answers are what is typed when the program asks for something, tried in
	// their order.
	Answers []Answer

	// Manners are the ways in which programs for this lab may want to be spoken
	// to, likely ones first; Try passes if the program understands the one that is
	// [T.Manner]. The first that it does is the manner of all its cases.
	Manners []string
	Try     func(t *T)

	// Instead are programs of the system that do what this exercise is about. The
	// student's program does not find them.
	Instead []string

	// Prepare, if it is set, is called before each start, also while the
	// program's way of taking arguments is found out: to give it files.
	Prepare func(t *T)

	// Processes is how many the program may have at once, and threads four times
	// as many; 0 is 64.
	Processes int

	// NoAddress has the program's card be without an IPv4 address, as that of a
	// host before DHCP: all that it sends goes onto its link.
	NoAddress bool

	// Places are what fills further places in Arguments and Answers while the
	// program's way of taking them is found out; cases give their own.
	Places Values

	Cases []Case
}

// Kind is what the program is to the network.
type Kind int

// The kinds of programs.
const (
	Server Kind = iota // it listens
	Client             // it speaks first
	Both               // it listens, and then speaks to others: a proxy
	Either             // the exercise has two programs, and this is one of them
)

var kindNames = [...]string{"server", "client", "both", "either"}

func (k Kind) String() string { return kindNames[k] }

// ephemeral is whether a port is one that the kernel chooses, and so no server's
// (RFC 6056 §2.1; Linux begins at 32768).
func ephemeral(port uint16) bool { return port >= 32768 }

// Answer is what is typed after a prompt.
type Answer struct {
	Prompt string // regular expression, in lower case: "port|端口"; "" fits all
	Type   string // what is typed, with places as in Lab.Arguments
	Menu   string // regular expression, in lower case, with places: of the line of a menu that fits it, the number is typed instead

	Once bool // it is typed only once
}

// Level says what a case counts for.
type Level int

// The levels. Lacking something optional is no failure of the exercise.
const (
	Required   Level = iota // what the assignment asks for
	Optional                // what it offers to those who want more
	Robustness              // what a careful programmer thinks of
)

var levelNames = [...]string{"required", "optional", "robustness"}

func (l Level) String() string { return levelNames[l] }

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// A Case is one question about the program. It has an Internet of its own, with
// the program newly started on it.
type Case struct {
	Name  string // "two-segments"; its title is lab.<lab>.case.<name>
	Level Level

	// Of is which of the two programs it judges, in a lab for Either: Server or
	// Client.
	Of Kind

	// Miniature is true if the case needs more of the network than the loopback
	// of this machine: names, addresses, lost packets, raw sockets.
	Miniature bool

	// Patience is how long the program may do nothing at all, not even compute,
	// before it counts as hanging; 0 is 3 s.
	Patience time.Duration

	// Limit is how long the case may take; 0 is 20 s.
	Limit time.Duration

	// Run judges. It returns, or ends by [T.Wrong] and its like.
	Run func(t *T)
}

const (
	usualPatience = 3 * time.Second
	usualLimit    = 20 * time.Second
	mostToil      = 4 * time.Second // of computing, without a word
	mostLimit     = 3 * time.Minute // for a program that the machine starves
)

// Case finds a case by its name, or nil.
func (l *Lab) Case(name string) *Case {
	for i := range l.Cases {
		if l.Cases[i].Name == name {
			return &l.Cases[i]
		}
	}
	return nil
}
