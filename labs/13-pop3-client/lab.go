// Package pop3client is the exercise "A POP3 client": the program fetches what is
// in a mailbox, by hand, on a socket (RFC 1939).
//
// The tester is the mail server, under whatever name and port the program has in
// its source, pop.qq.com:995 included. session.go is that server, mailbox.go what
// is in it; cases.go and robustness.go judge.
package pop3client

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// patience is longer than usual: many of these programs sleep between commands.
const patience = 5 * time.Second

// commandPrompt is that of a program that takes commands: "pop3> ".
const commandPrompt = `^\s*\(?(my|py)?(pop3?|mail)?(client)?\)?\s*[>#$]+\s*$|command|命令`

// Lab is the exercise.
var Lab = check.Lab{
	Number:   13,
	Name:     "pop3-client",
	Section:  "§2.3",
	Files:    files,
	Protocol: "POP3",
	Kind:     check.Client,
	Port:     110,
	Arguments: [][]string{
		nil,
		{"{host}", "{user}", "{password}"},
		{"{host}", "{port}", "{user}", "{password}"},
		{"{host}", "{port}"},
		{"{host}"},
		{"{user}", "{password}"},
		{"{user}", "{password}", "{host}"},
		{"{host}", "{user}", "{password}", "1"},
		{"--host", "{host}", "--user", "{user}", "--password", "{password}"},
		{"--server", "{host}", "--user", "{user}", "--password", "{password}"},
		{"-u", "{user}", "-p", "{password}", "{host}"},
	},
	Places: check.Values{"user": "alice", "password": "secret"},
	Answers: []check.Answer{
		{Prompt: commandPrompt, Type: "list", Once: true},
		{Prompt: commandPrompt, Type: "retr 1", Once: true},
		{Prompt: commandPrompt, Type: "quit"},
		{Prompt: "port|端口", Type: "{port}"},
		{Prompt: "pass|密码|口令|授权", Type: "{password}"},
		{Prompt: "(which|number|index|编号|序号|哪).*(delete|dele|删)|(delete|dele|删).*(which|number|index|编号|序号|哪)", Type: "3"},
		{Prompt: "delete|dele|删", Type: "n"},
		{Prompt: "quit ?\\?|exit ?\\?|是否退出", Type: "y"},
		{Prompt: "another|again|continue|more |继续|再", Type: "n"},
		{Prompt: "choice|choose|option|menu|选择|选项|菜单", Type: "1", Once: true},
		{Prompt: "choice|choose|option|menu|选择|选项|菜单", Type: "2", Once: true},
		{Prompt: "choice|choose|option|menu|选择|选项|菜单", Type: "3", Once: true},
		{Prompt: "choice|choose|option|menu|选择|选项|菜单", Type: "4", Once: true},
		{Prompt: "choice|choose|option|menu|选择|选项|菜单", Type: "0", Once: true},
		{Prompt: "which|number|index|id|编号|序号|第几|哪", Type: "1", Once: true},
		{Prompt: "which|number|index|id|编号|序号|第几|哪", Type: "q"},
		{Prompt: "user|login|account|账号|帐号|用户|邮箱", Type: "{user}"},
		{Prompt: "server|host|pop|服务器|主机", Type: "{host}"},
		{Prompt: "e-?mail|name", Type: "{user}"},
		{Type: "list", Once: true},
		{Type: "retr 1", Once: true},
		{Type: "quit", Once: true},
		{Type: ""},
	},
	Instead: []string{"curl", "fetchmail", "getmail"},
	Cases: []check.Case{
		{Name: "session", Miniature: true, Patience: patience, Run: dialogue},
		{Name: "waits", Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: waits},
		{Name: "retrieve", Miniature: true, Patience: patience, Run: retrieve},
		{Name: "long", Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: long},
		{Name: "tls", Level: check.Optional, Miniature: true, Patience: patience, Run: encrypted},
		{Name: "split-end", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: splitEnd},
		{Name: "stuffing", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: stuffing},
		{Name: "refused", Level: check.Robustness, Miniature: true, Patience: patience, Run: refused},
		{Name: "empty", Level: check.Robustness, Miniature: true, Patience: patience, Run: empty},
	},
}
