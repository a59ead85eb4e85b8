package ftp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// verbs are the commands of RFC 959, and those of RFC 775, 2228, 2389, 2428,
// 2640, 3659, 4217 and 7151 and of drafts that are in use.
var verbs = []string{
	"USER", "PASS", "ACCT", "CWD", "CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE", "STRU", "MODE",
	"RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD", "LIST", "NLST",
	"SITE", "SYST", "STAT", "HELP", "NOOP",
	"XCUP", "XCWD", "XMKD", "XPWD", "XRMD",
	"AUTH", "ADAT", "PBSZ", "PROT", "CCC", "MIC", "CONF", "ENC",
	"FEAT", "OPTS", "EPRT", "EPSV", "LANG", "SIZE", "MDTM", "MLST", "MLSD", "MFMT", "HOST", "CLNT",
}

// codes are the replies that have an explanation of their own; all others have
// that of their first digit.
var codes = []int{
	110, 120, 125, 150,
	200, 202, 211, 212, 213, 214, 215, 220, 221, 225, 226, 227, 229, 230, 232, 234, 250, 257,
	331, 332, 350,
	421, 425, 426, 430, 431, 450, 451, 452,
	500, 501, 502, 503, 504, 521, 522, 530, 532, 533, 534, 536, 550, 551, 552, 553, 554, 555,
}

const (
	keyCommand = "message.ftp.command"
	keyReply   = "message.ftp.reply"
	keyTLS     = "message.ftp.tls"
	keyData    = "message.ftp.data"
	keyOpen    = "message.ftp.data.open"

	maxShown = 200
)

func keys() []string {
	all := []string{keyCommand, keyReply, keyTLS, keyData, keyOpen + ".active", keyOpen + ".passive"}
	for _, verb := range verbs {
		all = append(all, keyCommand+"."+verb)
	}
	for class := 1; class <= 6; class++ {
		all = append(all, fmt.Sprintf("%s.%dyz", keyReply, class))
	}
	for _, code := range codes {
		all = append(all, keyReply+"."+strconv.Itoa(code))
	}
	for _, verb := range transfers {
		all = append(all, keyData+"."+verb)
	}
	for _, rule := range rules {
		all = append(all, prefix+rule)
	}
	return all
}

// key is the message's explanation.
func (m *Message) key() string {
	switch {
	case m.Code == 0 && len(m.Lines) == 0 && slices.Contains(verbs, m.Verb):
		return keyCommand + "." + m.Verb
	case m.Code == 0 && len(m.Lines) == 0:
		return keyCommand
	case slices.Contains(codes, m.Code):
		return keyReply + "." + strconv.Itoa(m.Code)
	case m.Code != 0:
		return fmt.Sprintf("%s.%dyz", keyReply, m.Code/100)
	}
	return keyReply
}

func (m *Message) args() map[string]any {
	args := map[string]any{"Address": "", "Port": ""}
	if m.Address.IsValid() {
		args["Address"], args["Port"] = m.Address.Addr().String(), strconv.Itoa(int(m.Address.Port()))
	}
	if len(m.Lines) > 0 {
		args["Status"], args["Reason"] = m.Code, dissect.Text([]byte(m.Lines[0]), maxShown)
		return args
	}
	args["Method"], args["Name"] = m.Verb, dissect.Text([]byte(m.Arg), maxShown)
	return args
}

// summary is one line: "RETR readme.txt", "227 Entering Passive Mode →
// 203.0.113.21 port 40001".
func (m *Message) summary() string {
	switch {
	case len(m.Lines) == 0 && m.Address.IsValid():
		return fmt.Sprintf("%s → %s port %d", m.Verb, m.Address.Addr(), m.Address.Port())
	case len(m.Lines) == 0:
		return commandLine(m.Verb, m.Arg)
	}
	words := m.Lines[0]
	if m.Address.IsValid() && m.count == 1 {
		words = beforeAddress(words)
	}
	if m.Code != 0 {
		words = strings.TrimRight(strconv.Itoa(m.Code)+" "+words, " ")
	}
	words = text(words)
	switch {
	case m.count > 1:
		return fmt.Sprintf("%s (%d lines)", words, m.count)
	case m.Code == 227 && m.Address.IsValid():
		return fmt.Sprintf("%s → %s port %d", words, m.Address.Addr(), m.Address.Port())
	case m.Code == 229 && m.Address.IsValid():
		return fmt.Sprintf("%s → port %d", words, m.Address.Port())
	}
	return words
}

func text(s string) string { return dissect.Text([]byte(s), maxShown) }

func commandLine(verb, arg string) string {
	switch {
	case arg == "":
		return verb
	case verb == "":
		return text(arg)
	}
	return verb + " " + text(arg)
}

// beforeAddress is the words before the numbers, where the summary has the
// address as people write it.
func beforeAddress(line string) string {
	line, _, _ = strings.Cut(line, "(")
	if at := strings.IndexAny(line, "0123456789"); at >= 0 {
		line = line[:at]
	}
	return strings.TrimRight(line, " =.,:")
}
