package pop3c

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Seen are the unique-ids of messages that have been retrieved and left on the
// server. A program keeps one for each server and user, from one session to the
// next: as a text with a line for each.
type Seen map[string]bool

// ReadSeen reads what [Seen.Write] wrote.
func ReadSeen(r io.Reader) (Seen, error) {
	seen := Seen{}
	in := bufio.NewScanner(r)
	for in.Scan() {
		if id := in.Text(); id != "" {
			seen[id] = true
		}
	}
	return seen, in.Err()
}

// Write writes a line for each unique-id.
func (s Seen) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, id := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintln(out, id)
	}
	return out.Flush()
}
