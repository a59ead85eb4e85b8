package ftpd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/protocol/ftp"
)

func (c *conversation) noop(ftp.Command) bool {
	c.reply(200, "Nothing done.")
	return false
}

// syst: clients take this word as leave to parse LIST as "ls -l".
func (c *conversation) syst(ftp.Command) bool {
	c.reply(215, "UNIX Type: L8")
	return false
}

// rest says at which byte the next transfer begins (RFC 3659 §5).
func (c *conversation) rest(cmd ftp.Command) bool {
	at, err := strconv.ParseUint(cmd.Arg, 10, 63)
	switch {
	case err != nil:
		c.reply(501, "REST needs a number of bytes.")
	case !c.library.image:
		c.reply(501, "Lines of text are not counted in bytes; TYPE I first.")
	default:
		c.library.restart = int64(at)
		c.reply(350, "The next transfer starts there.")
	}
	return false
}

// setType: A is lines of text, I and L 8 are bytes as they are (RFC 959 §3.1.1).
func (c *conversation) setType(cmd ftp.Command) bool {
	switch strings.ReplaceAll(strings.ToUpper(cmd.Arg), " ", "") {
	case "I", "L8":
		c.library.setImage(true)
		c.reply(200, "Type set to binary")
	case "A", "AN", "L7":
		c.library.setImage(false)
		c.reply(200, "Type set to ASCII")
	default:
		c.reply(504, "Unsupported transfer type")
	}
	return false
}

// superfluous: nothing needs to be allocated, nor accounted for.
func (c *conversation) superfluous(cmd ftp.Command) bool {
	c.reply(202, cmd.Verb+" is not needed here.")
	return false
}

// stru: every server knows STRU F, files without inner structure (RFC 1123
// §4.1.2.13), and almost none another.
func (c *conversation) stru(cmd ftp.Command) bool {
	if strings.EqualFold(cmd.Arg, "F") {
		c.reply(200, "The structure is file.")
	} else {
		c.reply(504, "There is no structure but F.")
	}
	return false
}

// facts are what MLSD and MLST tell of a file (RFC 3659 §7.5).
const facts = "Type;Size;Modify;"

// feat names what RFC 959 does not have (RFC 2389 §3).
func (c *conversation) feat(ftp.Command) bool {
	lines := []string{
		"Beyond RFC 959:",
		" EPRT", " EPSV", " MDTM", " MFMT",
		" MLST " + strings.ReplaceAll(facts, ";", "*;"),
		" REST STREAM", " SIZE", " TVFS", " UTF8",
	}
	if c.desk.TLS != nil {
		lines = append(lines, " AUTH TLS", " PBSZ", " PROT")
	}
	slices.Sort(lines[1:])
	c.reply(211, append(lines, "End")...)
	return false
}

// opts has two options: UTF-8, which is always on (RFC 2640), and the facts of
// MLST, which are always the same (RFC 3659 §7.9).
func (c *conversation) opts(cmd ftp.Command) bool {
	option, _, _ := strings.Cut(strings.ToUpper(cmd.Arg), " ")
	switch option {
	case "UTF8":
		c.reply(200, "UTF-8 it is.")
	case "MLST":
		c.reply(200, "MLST OPTS "+facts)
	default:
		c.reply(501, "There is no such option.")
	}
	return false
}

func (c *conversation) help(ftp.Command) bool {
	var verbs []string
	for verb := range commands {
		verbs = append(verbs, verb)
	}
	slices.Sort(verbs)
	lines := []string{"These are known:"}
	for some := range slices.Chunk(verbs, 10) {
		lines = append(lines, " "+strings.Join(some, " "))
	}
	c.reply(214, append(lines, "End")...)
	return false
}

// stat without an argument tells how things are, also while a transfer runs
// (RFC 959 §4.1.3); with one it is a listing on the control connection.
func (c *conversation) stat(cmd ftp.Command) bool {
	if cmd.Arg != "" {
		c.running.Wait()
		return c.ask(cmd)
	}
	c.reply(211, c.desk.Banner,
		fmt.Sprintf(" Connected from %v", c.peer),
		fmt.Sprintf(" Logged in as %s", c.name),
		fmt.Sprintf(" TLS: control %v, data %v", c.secure, c.private),
		" "+c.transfer.String(),
		"End")
	return false
}
