package ftpd

import (
	"strings"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// ask has the library run a command that needs no data connection.
func (c *conversation) ask(cmd ftp.Command) (quit bool) {
	c.relay(cmd, c.library.ask(cmd.String()))
	return false
}

// relay passes a reply of the library on, in the words of the RFC where its own
// are others.
func (c *conversation) relay(cmd ftp.Command, reply ftp.Reply) {
	failure := c.library.failure
	switch {
	case reply.Code == 0:
		c.reply(451, "The server is at fault.")
	case reply.Code < 400:
		c.reply(reply.Code, success(cmd.Verb, reply)...)
	case failure != nil:
		c.reply(replyTo(failure), strings.TrimPrefix(cmd.Arg+": ", ": ")+describe(failure))
	default:
		c.reply(reply.Code, reply.Lines...)
	}
}

// success is the text of a command that went well.
func success(verb string, reply ftp.Reply) []string {
	switch verb {
	case "MKD", "XMKD": // RFC 959, appendix II: 257 "PATHNAME" created
		_, name, _ := strings.Cut(reply.Text(), `"`)
		return []string{`"` + name + " created"}
	case "CWD", "XCWD", "CDUP":
		return []string{"The folder is changed."}
	case "DELE":
		return []string{"The file is deleted."}
	case "RMD", "XRMD":
		return []string{"The folder is removed."}
	case "RNFR":
		return []string{"And RNTO what?"}
	case "RNTO":
		return []string{"It is renamed."}
	case "STAT":
		lines := []string{"Status:"}
		for _, line := range reply.Lines[1:] {
			lines = append(lines, strings.Replace(line, " %s", " ", 1))
		}
		return lines
	}
	return reply.Lines
}

// listArg takes the options off the argument of LIST and NLST: clients say
// "LIST -al", as they would to ls, though the RFC knows of none.
func listArg(arg string) (rest string, all bool) {
	for strings.HasPrefix(arg, "-") {
		option, after, _ := strings.Cut(arg, " ")
		all = all || strings.Contains(option, "a")
		arg = strings.TrimLeft(after, " ")
	}
	return arg, all
}
