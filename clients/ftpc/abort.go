package ftpc

import "time"

// abortGrace is how long a server may take to answer ABOR. Some read no command
// while a transfer lasts; then the session cannot be saved.
const abortGrace = 5 * time.Second

// abort breaks the transfer off: ABOR (RFC 959 §4.1.3). The data connection is
// closed too, since many servers do not look at the control connection while
// they send. The server must not take the end of an upload for the end of the
// file, so the word goes first.
func (t *transfer) abort() {
	s := t.session
	t.aborted = true
	s.traceLine(true, "ABOR")
	s.conn.SetWriteDeadline(s.deadline())
	s.conn.Write([]byte("ABOR\r\n")) // if it fails, so will reading
	s.conn.SetReadDeadline(s.clock().Now().Add(abortGrace))
	t.data.close()
}

// settle reads what is left to read after ABOR. By RFC 959 §4.1.3 that is one
// reply: the transfer has one, which has come, and ABOR has one, 226 or 225. But
// servers that see the data connection end before they read ABOR may send one in
// all. NOOP draws the line: no other reply here is 200.
func (t *transfer) settle() error {
	s := t.session
	s.traceLine(true, "NOOP")
	if err := s.write("NOOP\r\n"); err != nil {
		return err
	}
	s.conn.SetReadDeadline(s.clock().Now().Add(abortGrace))
	for range maxPreliminary {
		if reply, err := s.read(); err != nil || reply.Code == 200 {
			return err
		}
	}
	return errNoEnd
}
