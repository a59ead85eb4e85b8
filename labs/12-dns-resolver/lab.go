// Package dnsresolver is the exercise "An iterative resolver": the program asks a
// root server, follows its referral to a server of the top-level domain, and so
// on down to the answer, as in the book's figure of §2.4.2.
//
// The tester is all of the DNS. Whatever root server's address the program has in
// its source is a root server of ours; those below it have addresses that the
// program learns from referrals only. tree.go is that DNS, cases.go judges.
package dnsresolver

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// patience is longer than a program's own timeout; where each query is answered,
// there is no reason to wait for that.
const (
	patience = 12 * time.Second
	answered = 5 * time.Second
)

// Lab is the exercise.
var Lab = check.Lab{
	Number:   12,
	Name:     "dns-resolver",
	Section:  "§2.4",
	Files:    files,
	Protocol: "DNS",
	Kind:     check.Client,
	Port:     53,
	Arguments: [][]string{
		nil,
		{"{name}"},
		{"{name}", "A"},
		{"{root}", "{name}"},
		{"{name}", "{root}"},
		{"-n", "{name}"},
		{"--name", "{name}"},
		{"--domain", "{name}"},
		{"-d", "{name}"},
	},
	Places: check.Values{"name": "www.asked-for.com", "root": root},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "53"},
		{Prompt: "type|类型", Type: "A"},
		{Prompt: "another|again|continue|more |y/n|继续|再|是否", Type: "n"},
		{Prompt: "root|server|根|服务器", Type: "{root}"},
		{Prompt: "name|domain|host|query|resolve|lookup|website|url|域名|网址|主机|查询|解析", Type: "{name}", Once: true},
		{Prompt: "name|domain|host|query|resolve|lookup|域名|网址|主机|查询|解析", Type: "quit"},
		{Type: "{name}", Once: true},
		{Type: ""},
	},
	Instead: []string{"dig", "nslookup", "host", "drill"},
	Cases: []check.Case{
		{Name: "resolve", Miniature: true, Patience: answered, Run: resolve},
		{Name: "deep", Level: check.Robustness, Miniature: true, Patience: answered, Limit: 20 * time.Second, Run: deep},
		{Name: "no-glue", Level: check.Robustness, Miniature: true, Patience: answered, Limit: 20 * time.Second, Run: noGlue},
		{Name: "ipv6-first", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 20 * time.Second, Run: ipv6First},
		{Name: "cname", Level: check.Robustness, Miniature: true, Patience: answered, Limit: 20 * time.Second, Run: cname},
		{Name: "no-name", Level: check.Robustness, Miniature: true, Patience: answered, Limit: 20 * time.Second, Run: noName},
		{Name: "dead-server", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: deadServer},
		{Name: "wrong-id", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 30 * time.Second, Run: wrongID},
		{Name: "lame", Level: check.Robustness, Miniature: true, Patience: answered, Limit: 30 * time.Second, Run: lame},
	},
}
