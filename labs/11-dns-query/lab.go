// Package dnsquery is the exercise "A DNS query by hand": the message of the
// book's §2.4.3, put together byte by byte, sent over UDP, and its answer taken
// apart.
//
// The tester is the name server, whichever address the program has in its source
// (8.8.8.8, 114.114.114.114) or finds in /etc/resolv.conf. query.go reads what the
// program asks, answer.go answers, cases.go and robustness.go judge.
package dnsquery

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// server is the name server that the program is told of, if it asks.
const server = "9.9.9.9"

// patience is longer than a program's own timeout.
const patience = 12 * time.Second

// Lab is the exercise.
var Lab = check.Lab{
	Number:   11,
	Name:     "dns-query",
	Section:  "§2.4",
	Files:    files,
	Protocol: "DNS",
	Kind:     check.Client,
	Port:     53,
	Arguments: [][]string{
		nil,
		{"{name}"},
		{"{server}", "{name}"},
		{"{name}", "{server}"},
		{"{name}", "A"},
		{"@{server}", "{name}"},
		{"{name}", "{server}", "53"},
		{"{server}", "53", "{name}"},
		{"-n", "{name}"},
		{"--name", "{name}"},
		{"--domain", "{name}"},
		{"-d", "{name}"},
		{"-s", "{server}", "{name}"},
	},
	Places: check.Values{"name": "www.asked-for.com", "server": server, "host": server},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "53"},
		{Prompt: "type|类型", Type: "A"},
		{Prompt: "another|again|continue|more |y/n|继续|再|是否", Type: "n"},
		{Prompt: `server|resolver|dns ip|服务器`, Type: server},
		{Prompt: "name|domain|host|query|lookup|website|url|域名|网址|主机|查询", Type: "{name}", Once: true},
		{Prompt: "name|domain|host|query|域名|网址|主机|查询", Type: "quit"},
		{Type: "{name}", Once: true},
		{Type: ""},
	},
	Instead: []string{"dig", "nslookup", "host", "drill"},
	Cases: []check.Case{
		{Name: "question", Miniature: true, Run: question},
		{Name: "address", Miniature: true, Run: address},
		{Name: "tcp", Level: check.Optional, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: overTCP},
		{Name: "several", Level: check.Robustness, Miniature: true, Run: several},
		{Name: "cname", Level: check.Robustness, Miniature: true, Run: cname},
		{Name: "no-name", Level: check.Robustness, Miniature: true, Run: noName},
		{Name: "lost", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: lost},
		{Name: "wrong-id", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: wrongID},
		{Name: "cut", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: cut},
		{Name: "pointer-loop", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: pointerLoop},
	},
}
