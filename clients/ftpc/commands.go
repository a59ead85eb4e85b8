package ftpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// Pwd is the working directory (PWD, RFC 959 appendix II).
func (s *Session) Pwd(ctx context.Context) (string, error) {
	reply, err := s.must(ctx, "PWD", "")
	if err != nil {
		return "", err
	}
	return quoted(reply.Text())
}

// Cwd makes dir the working directory.
func (s *Session) Cwd(ctx context.Context, dir string) error {
	_, err := s.must(ctx, "CWD", dir)
	return err
}

// Cdup makes the parent of the working directory the working directory.
func (s *Session) Cdup(ctx context.Context) error {
	_, err := s.must(ctx, "CDUP", "")
	return err
}

// Mkdir makes a directory.
func (s *Session) Mkdir(ctx context.Context, dir string) error {
	_, err := s.must(ctx, "MKD", dir)
	return err
}

// quoted is the path in a reply 257: between quotation marks, where two stand for
// one (RFC 959 appendix II).
func quoted(text string) (string, error) {
	_, rest, ok := strings.Cut(text, `"`)
	var path strings.Builder
	for ok {
		var part string
		part, rest, ok = strings.Cut(rest, `"`)
		path.WriteString(part)
		if !ok {
			break
		}
		if !strings.HasPrefix(rest, `"`) {
			return path.String(), nil
		}
		path.WriteByte('"')
		rest = rest[1:]
	}
	return "", fmt.Errorf("no path in quotation marks in %q", text)
}

// Rmdir removes a directory.
func (s *Session) Rmdir(ctx context.Context, dir string) error {
	_, err := s.must(ctx, "RMD", dir)
	return err
}

// Delete removes a file.
func (s *Session) Delete(ctx context.Context, name string) error {
	_, err := s.must(ctx, "DELE", name)
	return err
}

// Rename takes two commands (RFC 959 §4.1.3): the first has a reply that says to
// go on, 350.
func (s *Session) Rename(ctx context.Context, from, to string) error {
	reply, err := s.command(ctx, "RNFR", from)
	if err != nil {
		return err
	}
	if !reply.Intermediate() {
		return refused("RNFR", from, reply)
	}
	_, err = s.must(ctx, "RNTO", to)
	return err
}

// Size is how many bytes a file has when it is transferred as it is (SIZE, RFC 3659
// §4).
func (s *Session) Size(ctx context.Context, name string) (int64, error) {
	if err := s.represent(ctx, false); err != nil {
		return 0, err
	}
	reply, err := s.must(ctx, "SIZE", name)
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseUint(strings.TrimSpace(reply.Text()), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("SIZE %s: not a size: %q", name, reply.Text())
	}
	return int64(size), nil
}

// ModTime is when a file was last changed (MDTM, RFC 3659 §3).
func (s *Session) ModTime(ctx context.Context, name string) (time.Time, error) {
	reply, err := s.must(ctx, "MDTM", name)
	if err != nil {
		return time.Time{}, err
	}
	at, err := parseTime(strings.TrimSpace(reply.Text()))
	if err != nil {
		return time.Time{}, fmt.Errorf("MDTM %s: %w", name, err)
	}
	return at, nil
}

// parseTime reads 20260301083000 or 20260301083000.123, in UTC (RFC 3659 §2.3).
func parseTime(text string) (time.Time, error) { return time.Parse("20060102150405", text) }

// Features are what the server can do beyond RFC 959 (FEAT, RFC 2389): by their
// names in upper case, with what stands behind: "REST" has "STREAM". A server that
// does not know FEAT has none.
func (s *Session) Features(ctx context.Context) (map[string]string, error) {
	if s.features != nil {
		return s.features, nil
	}
	reply, err := s.command(ctx, "FEAT", "")
	if err != nil {
		return nil, err
	}
	features := make(map[string]string)
	if reply.Code == 211 && len(reply.Lines) > 2 {
		for _, line := range reply.Lines[1 : len(reply.Lines)-1] {
			name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			features[strings.ToUpper(name)] = rest
		}
	}
	s.features = features
	return features, nil
}

// Noop does nothing, and so finds out whether the session still is.
func (s *Session) Noop(ctx context.Context) error {
	_, err := s.must(ctx, "NOOP", "")
	return err
}

// Quote sends a line as it is and returns the reply, of whatever kind. A command
// with a data connection does not work so.
func (s *Session) Quote(ctx context.Context, line string) (ftp.Reply, error) {
	c, err := ftp.ParseCommand(line)
	if err != nil {
		return ftp.Reply{}, err
	}
	if c.Verb == "AUTH" {
		return ftp.Reply{}, errors.New("TLS is for the start of a session (Client.TLS)")
	}
	s.representation, s.features = "", nil // who knows what it changes
	return s.command(ctx, c.Verb, c.Arg)
}

// Quit says goodbye and closes the session.
func (s *Session) Quit(ctx context.Context) error {
	defer s.Close()
	_, err := s.must(ctx, "QUIT", "")
	return err
}
