// Package mailclient is the exercise "A mail client": the third of the book's
// programming assignments. The program speaks SMTP on a socket, command by
// command, and sends one message.
//
// The tester is the mail server, under whatever name and port the program has in
// its source: smtp.gmail.com:587 with STARTTLS and AUTH, port 465 with TLS from
// the first byte, or a plain port 25. session.go is that server, cases.go what
// the assignment asks for, extras.go what it offers, robustness.go the rest.
package mailclient

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// patience is longer than usual: many of these programs sleep between commands.
const patience = 5 * time.Second

// Lab is the exercise.
var Lab = check.Lab{
	Number:   7,
	Name:     "mail-client",
	Section:  "§2.3",
	Files:    files,
	Protocol: "SMTP",
	Kind:     check.Client,
	Port:     25,
	Arguments: [][]string{
		nil,
		{"{host}", "{port}"},
		{"{host}"},
		{"{host}", "{port}", "{from}", "{to}"},
		{"{from}", "{to}"},
		{"{host}", "{from}", "{to}"},
		{"{from}", "{password}", "{to}"},
		{"{from}", "{to}", "{subject}", "{text}"},
		{"{host}", "{port}", "{from}", "{to}", "{subject}", "{text}"},
		{"-s", "{host}", "-p", "{port}"},
		{"--host", "{host}", "--port", "{port}"},
		{"--server", "{host}", "--port", "{port}"},
	},
	Places: check.Values{
		"from": "alice@example.com", "to": "bob@example.net", "password": "secret", "subject": "Hello", "text": "Hello Bob", "file": picture,
	},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "{port}"},
		{Prompt: "pass|密码|口令|授权", Type: "{password}"},
		{Prompt: "another|again|continue|more |继续|再", Type: "n"},
		{Prompt: "y/n|yes/no|是否", Type: "y"},
		{Prompt: "attach|image|picture|file|图片|附件|文件|路径", Type: "{file}"},
		{Prompt: "subject|主题|标题", Type: "{subject}"},
		{Prompt: "server|host|smtp|服务器|主机", Type: "{host}"},
		{Prompt: "recipient|receiver|rcpt|destination|mail to|send to|收件|收信|接收|目的", Type: "{to}"},
		{Prompt: `^\W*to\b|\bto\W*$`, Type: "{to}"},
		{Prompt: "from|sender|user|login|account|your (e-?mail|address)|发件|发信|发送|用户|账号|帐号|邮箱", Type: "{from}"},
		{Prompt: "message|body|text|content|正文|内容|邮件|信", Type: "{text}", Once: true},
		{Prompt: "e-?mail|address|地址", Type: "{from}"},
		{Type: "", Once: true},
		{Type: ".", Once: true}, // the end of a text of many lines
		{Type: ""},
	},
	Instead: []string{"sendmail", "mail", "mailx", "mutt", "swaks", "msmtp", "curl"},
	Cases: []check.Case{
		{Name: "conversation", Miniature: true, Patience: patience, Run: conversation},
		{Name: "waits", Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: waits},
		{Name: "message", Miniature: true, Patience: patience, Run: message},
		{Name: "prints", Miniature: true, Patience: patience, Run: prints},
		{Name: "says-error", Miniature: true, Patience: patience, Run: saysError},
		{Name: "starttls", Level: check.Optional, Miniature: true, Patience: patience, Run: startTLS},
		{Name: "image", Level: check.Optional, Miniature: true, Patience: patience, Run: image},
		{Name: "refused", Level: check.Robustness, Miniature: true, Patience: patience, Run: refused},
		{Name: "multi-line", Level: check.Robustness, Miniature: true, Patience: patience, Run: multiLine},
		{Name: "split-reply", Level: check.Robustness, Miniature: true, Patience: patience, Run: splitReply},
		{Name: "goes-away", Level: check.Robustness, Miniature: true, Patience: patience, Run: goesAway},
		{Name: "dot", Level: check.Robustness, Miniature: true, Patience: patience, Run: dot},
	},
}
