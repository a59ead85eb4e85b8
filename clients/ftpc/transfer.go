package ftpc

import (
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// transfer is a command that has a data connection. It has two replies: one that
// says that it begins (1yz), and one that says how it ended. Meanwhile there is
// the data connection, and nothing orders what comes over the one with what comes
// over the other: "226 done" may be here before the last byte of the file, and
// "426 broken off" while we still wait for more.
type transfer struct {
	session *Session
	data    *dataConn
	plan    plan

	begun chan ftp.Reply // the first reply, if it was a 1yz
	ended chan struct{}  // closed when final and err are known
	final ftp.Reply
	err   error // of the control connection

	aborted bool // ABOR was sent
}

// plan is what a transfer shall do.
type plan struct {
	verb, arg string
	from      int64 // bytes that are there already (REST)
	text      bool
	size      int64 // of the whole file; -1: the server may tell
	upload    bool
	quiet     bool // it is a listing: no progress

	// The two ends of the copy; one is nil, and stands for the data
	// connection.
	to   io.Writer
	what io.Reader
}

// transfer has a plan done. When its context ends, the transfer is broken off, and
// the session goes on.
func (s *Session) transfer(ctx context.Context, p plan) (Data, error) {
	if err := s.represent(ctx, p.text); err != nil {
		return Data{}, err
	}
	d, err := s.agree(ctx)
	if err != nil {
		return Data{}, err
	}
	defer d.close()
	d.Command, d.Upload = ftp.Command{Verb: p.verb, Arg: p.arg}.String(), p.upload
	if p.from > 0 {
		if err := s.restart(ctx, p.from); err != nil {
			return Data{}, err
		}
	}
	if err := s.send(ctx, p.verb, p.arg); err != nil {
		return Data{}, err
	}
	t := &transfer{session: s, data: d, plan: p, begun: make(chan ftp.Reply, 1), ended: make(chan struct{})}
	err = t.run(ctx)
	d.Took = s.clock().Now().Sub(d.began)
	if d.Server.IsValid() {
		s.traceData(d.Data)
	}
	return d.Data, err
}

// represent sets how the bytes stand for the file: TYPE (RFC 959 §3.1.1).
func (s *Session) represent(ctx context.Context, text bool) error {
	code := "I"
	if text {
		code = "A"
	}
	if s.representation == code {
		return nil
	}
	_, err := s.must(ctx, "TYPE", code)
	if err == nil {
		s.representation = code
	}
	return err
}

// restart says where in the file the next transfer begins: REST (RFC 3659 §5).
func (s *Session) restart(ctx context.Context, from int64) error {
	arg := strconv.FormatInt(from, 10)
	reply, err := s.command(ctx, "REST", arg)
	if err == nil && reply.Code != 350 {
		err = refused("REST", arg, reply)
	}
	return err
}

// run is from the command to its last reply.
func (t *transfer) run(ctx context.Context) error {
	s := t.session
	s.conn.SetReadDeadline(s.deadline())
	go t.follow()
	broken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(broken)
		t.abort()
	})
	ours, err := t.carry(ctx)
	if ours != nil && stop() {
		stop = func() bool { return true }
		t.abort()
	}
	if err != nil || ours != nil || !t.plan.upload {
		t.data.close()
	}
	t.await(ctx)
	if !stop() {
		<-broken
	}
	if t.aborted && t.err == nil {
		t.err = t.settle()
	}
	return t.verdict(ctx, ours, err)
}

// verdict is the error to return, of all that have come up: the first cause, and
// not what followed from it.
func (t *transfer) verdict(ctx context.Context, ours, err error) error {
	s := t.session
	switch {
	case t.err != nil && ctx.Err() != nil:
		return s.broken(context.Cause(ctx))
	case t.err != nil:
		return t.lost()
	case ctx.Err() != nil && t.aborted:
		return context.Cause(ctx)
	case ours != nil:
		return ours
	case !t.final.Completed():
		return t.refusal()
	}
	return err
}

// await waits for the last reply, which comes soon when the data is through.
func (t *transfer) await(ctx context.Context) {
	s := t.session
	if ctx.Err() != nil {
		s.conn.SetReadDeadline(s.clock().Now().Add(abortGrace))
	} else {
		s.conn.SetReadDeadline(s.deadline())
	}
	<-t.ended
}

// lost is the error when the control connection has failed.
func (t *transfer) lost() error {
	err := t.session.broken(t.err)
	if d := t.data; d.Active && !d.Server.IsValid() && errors.Is(err, os.ErrDeadlineExceeded) {
		// The server is silent since it still tries to connect to us.
		return &DataError{Active: true, At: d.Client, Err: err}
	}
	return err
}

// follow reads the replies, while the data is on its way. When the server says
// that it has failed, there is nothing to wait for on the data connection.
func (t *transfer) follow() {
	defer close(t.ended)
	s := t.session
	for n := range maxPreliminary {
		t.final, t.err = s.read()
		if t.err != nil || !t.final.Preliminary() {
			break
		}
		if n == 0 {
			// The last reply comes when the data has come; that has
			// deadlines of its own.
			s.conn.SetReadDeadline(time.Time{})
			t.begun <- t.final
		}
	}
	if t.err == nil && t.final.Preliminary() {
		t.err = errNoEnd
	}
	if t.err != nil || !t.final.Completed() {
		t.data.close()
	}
}

// refusal is the error for a last reply that is not a success.
func (t *transfer) refusal() error {
	err := refused(t.plan.verb, t.plan.arg, t.final)
	// 425: "can't open data connection" (RFC 959 §4.2.2).
	if t.data.Active && t.final.Code == 425 {
		return &DataError{Active: true, At: t.data.Client, Err: err}
	}
	return err
}

// carry moves the data. It tells apart what failed on our side (ours), of which
// the server knows nothing, from what failed on the way.
func (t *transfer) carry(ctx context.Context) (ours, err error) {
	d, p := t.data, t.plan
	select {
	case first := <-t.begun:
		if p.size < 0 && p.from == 0 {
			p.size = sizeIn(first.Text())
		}
	case <-t.ended:
		if t.err != nil || !t.final.Completed() {
			return nil, nil
		}
		// Done, without having begun: the data may be there all the same.
	}
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	if p.upload {
		ours, err = t.copy(d.conn, p.what, p)
		if ours == nil && err == nil {
			err = d.end()
		}
		return ours, err
	}
	err, ours = t.copy(p.to, d.conn, p)
	if ours == nil && err == nil {
		d.conn.Close() // with TLS, this says goodbye
	}
	return ours, err
}

// copy copies, and tells reading errors from writing errors.
func (t *transfer) copy(to io.Writer, from io.Reader, p plan) (reading, writing error) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return nil, err
			}
			t.data.Bytes += int64(n)
			if progress := t.session.client.Progress; progress != nil && !p.quiet {
				progress(Progress{Bytes: p.from + t.data.Bytes, Size: p.size})
			}
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return err, nil
		}
	}
}

var bytesInText = regexp.MustCompile(`\(([0-9]{1,18}) bytes`)

// sizeIn finds the size of a file in "150 Opening … for x (1234 bytes)", as nearly
// all servers have it, though no RFC says so.
func sizeIn(text string) int64 {
	if m := bytesInText.FindStringSubmatch(text); m != nil {
		size, _ := strconv.ParseInt(m[1], 10, 64)
		return size
	}
	return -1
}
