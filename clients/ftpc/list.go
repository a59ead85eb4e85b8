package ftpc

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what an entry of a listing is.
type Kind int

// What there is in a directory.
const (
	Other Kind = iota // or not known
	File
	Dir
	Link
)

func (k Kind) String() string { return [...]string{"other", "file", "dir", "link"}[k] }

// Entry is one name in a listing.
type Entry struct {
	Name     string // "" if the line could not be understood
	Kind     Kind
	Size     int64     // in bytes; -1 when it is not known
	Modified time.Time // zero when it is not known
	Target   string    // of a link, if it is known
	Line     string    // as the server sent it
}

// List lists a directory, or tells of one file; "" is the working directory. If
// the server can, the listing is one made for programs (MLSD, RFC 3659 §7).
// Otherwise it is LIST's, which is for people, and in which a server may write what
// it likes: lines in the manners of Unix and of DOS are understood.
func (s *Session) List(ctx context.Context, path string) ([]Entry, error) {
	features, err := s.Features(ctx)
	if err != nil {
		return nil, err
	}
	command, parse := "LIST", parseList
	if _, ok := features["MLST"]; ok { // it stands for MLSD, too (RFC 3659 §7.8)
		command, parse = "MLSD", parseMLSD
	}
	lines, err := s.listing(ctx, command, path)
	if err != nil {
		return nil, err
	}
	var all []Entry
	now := s.clock().Now()
	for _, line := range lines {
		if e, ok := parse(line, now); ok && !itself(e.Name) {
			all = append(all, e)
		}
	}
	return all, nil
}

// Names lists the names in a directory, and nothing else (NLST).
func (s *Session) Names(ctx context.Context, path string) ([]string, error) {
	names, err := s.listing(ctx, "NLST", path)
	return slices.DeleteFunc(names, itself), err
}

// itself reports whether a name is that of the directory listed or of its parent.
func itself(name string) bool { return name == "." || name == ".." }

// listing has a listing sent over a data connection, as text.
func (s *Session) listing(ctx context.Context, command, path string) ([]string, error) {
	if strings.HasPrefix(path, "-") {
		path = "./" + path // many servers give it to ls, for which it is an option
	}
	b := &bounded{max: s.client.maxListing()}
	if _, err := s.transfer(ctx, plan{verb: command, arg: path, text: true, quiet: true, to: b}); err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// bounded takes so many bytes, and no more.
type bounded struct {
	bytes.Buffer
	max int64
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.Len()+len(p)) > b.max {
		return 0, fmt.Errorf("the listing has more than %d bytes", b.max)
	}
	return b.Buffer.Write(p)
}
