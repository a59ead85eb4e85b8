package ftpd

import (
	"bufio"
	"crypto/tls"
	"strings"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// auth puts the control connection under TLS (RFC 4217 §4, §8).
func (c *conversation) auth(cmd ftp.Command) bool {
	switch mechanism := strings.ToUpper(cmd.Arg); {
	case c.desk.TLS == nil:
		c.reply(502, "There is no TLS here.")
	case c.secure:
		c.reply(503, "TLS is on already.")
	case mechanism != "TLS" && mechanism != "TLS-C" && mechanism != "SSL":
		c.reply(504, "There is no mechanism but TLS.")
	default:
		c.reply(234, "TLS: go ahead.")
		return !c.startTLS()
	}
	return false
}

// startTLS shakes hands. Whatever the client has sent ahead in the clear is not
// read: somebody on the way may have put it there, to be taken as said under TLS.
func (c *conversation) startTLS() bool {
	secured := tls.Server(c.conn, c.desk.TLS)
	c.conn.SetDeadline(c.desk.Clock.Now().Add(c.desk.DataTimeout))
	if err := secured.HandshakeContext(c.ctx); err != nil {
		c.desk.Log.Info("ftpd: no TLS", "client", c.peer, "error", err)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.in = secured, bufio.NewReader(secured)
	c.secure = true
	c.name = "" // whom the clear line named is nobody now (RFC 2228 §3)
	c.desk.Sessions.note(c)
	return true
}

// pbsz must come before PROT, and for TLS the size can only be 0 (RFC 4217 §9).
func (c *conversation) pbsz(ftp.Command) bool {
	if !c.secure {
		c.reply(503, "AUTH TLS first.")
	} else {
		c.reply(200, "PBSZ=0")
	}
	return false
}

// prot says whether data connections are under TLS, too: P, or C for clear
// (RFC 4217 §9).
func (c *conversation) prot(cmd ftp.Command) bool {
	switch level := strings.ToUpper(cmd.Arg); {
	case !c.secure:
		c.reply(503, "AUTH TLS first.")
	case level == "P":
		c.private = true
		c.reply(200, "Data connections are private.")
	case level == "C" && c.desk.RequireTLS:
		c.reply(534, "Data connections must be private here.")
	case level == "C":
		c.private = false
		c.reply(200, "Data connections are clear.")
	default:
		c.reply(536, "There is no level but P and C.")
	}
	return false
}
