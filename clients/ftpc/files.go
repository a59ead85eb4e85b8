package ftpc

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Get receives a file (RETR), from the byte from on, and writes it to w. When it
// fails, a part may have been written.
func (s *Session) Get(ctx context.Context, name string, w io.Writer, from int64) (Data, error) {
	return s.get(ctx, plan{verb: "RETR", arg: name, from: from, size: -1, to: w})
}

func (s *Session) get(ctx context.Context, p plan) (Data, error) {
	if !s.Text {
		return s.transfer(ctx, p)
	}
	if p.from > 0 {
		return Data{}, errResumeText
	}
	lines := &fromLines{to: p.to}
	p.text, p.to = true, lines
	data, err := s.transfer(ctx, p)
	if err == nil {
		err = lines.flush()
	}
	return data, err
}

// Put sends what r still holds as a file (STOR), which is replaced; with from
// greater than 0 it is written over from that byte on.
func (s *Session) Put(ctx context.Context, name string, r io.Reader, from int64) (Data, error) {
	if s.Text && from > 0 {
		return Data{}, errResumeText
	}
	return s.put(ctx, plan{verb: "STOR", arg: name, from: from, what: r})
}

// Append sends what r holds to the end of a file (APPE), which need not exist.
func (s *Session) Append(ctx context.Context, name string, r io.Reader) (Data, error) {
	return s.put(ctx, plan{verb: "APPE", arg: name, what: r})
}

func (s *Session) put(ctx context.Context, p plan) (Data, error) {
	p.upload, p.text, p.size = true, s.Text, -1
	if left, ok := remaining(p.what); ok && !s.Text {
		p.size = p.from + left
	}
	if s.Text {
		p.what = &toLines{from: p.what}
	}
	return s.transfer(ctx, p)
}

// remaining is how much r still holds, if that can be told.
func remaining(r io.Reader) (int64, bool) {
	seeker, ok := r.(io.Seeker)
	if !ok {
		return 0, false
	}
	at, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, false
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, false
	}
	_, err = seeker.Seek(at, io.SeekStart)
	return end - at, err == nil
}

var (
	errResumeText = errors.New("only a transfer of bytes (TYPE I) can be resumed: in text, nobody agrees on how long a file is")

	// ErrLonger is that a transfer cannot be resumed, since what is there
	// already is longer than the whole.
	ErrLonger = errors.New("what is there already is longer than the file: it must be another file")
)

// ResumeGet gets the rest of a file whose beginning f holds.
func (s *Session) ResumeGet(ctx context.Context, name string, f io.WriteSeeker) (Data, error) {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return Data{}, err
	}
	size, err := s.Size(ctx, name)
	switch {
	case err != nil && s.closed != nil:
		return Data{}, err
	case err != nil: // a server may lack SIZE; then RETR will tell
		size = -1
	case have > size:
		return Data{}, fmt.Errorf("%s: %w (%d bytes here, %d there)", name, ErrLonger, have, size)
	case have == size && have > 0:
		return Data{}, nil
	}
	return s.get(ctx, plan{verb: "RETR", arg: name, from: have, size: size, to: f})
}

// ResumePut sends the rest of r, of which the server has the beginning.
func (s *Session) ResumePut(ctx context.Context, name string, r io.ReadSeeker) (Data, error) {
	have, err := s.Size(ctx, name)
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Reply.Code == 550 {
		have, err = 0, nil // the server has nothing of it
	}
	if err != nil {
		return Data{}, err
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return Data{}, err
	}
	switch {
	case have > size:
		return Data{}, fmt.Errorf("%s: %w (%d bytes here, %d there)", name, ErrLonger, size, have)
	case have == size && have > 0:
		return Data{}, nil
	}
	if _, err := r.Seek(have, io.SeekStart); err != nil {
		return Data{}, err
	}
	return s.Put(ctx, name, r, have)
}
