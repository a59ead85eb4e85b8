// Package portscanner is the exercise "A port scanner": which TCP ports of a host
// are open? The program tries to connect to each, and says where somebody
// accepted.
//
// Which ports are open is drawn anew for each seed, so that only who really tries
// can know; judged is what the program says of the ports that it tried, whichever
// these were, since many programs have their range in the source. ports.go is the
// host that is scanned, said.go reads what was printed, cases.go judges.
package portscanner

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// limit is long: some try a thousand ports, one after the other.
const limit = 25 * time.Second

// asks is a prompt with one of the words. What was typed is not echoed, so that
// earlier prompts stand before it on its line.
func asks(words string) string { return "(" + words + ")[^:：?]*[:：?]?[^:：?]*$" }

// Lab is the exercise.
var Lab = check.Lab{
	Number:    18,
	Name:      "port-scanner",
	Section:   "§2.7.2",
	Files:     files,
	Kind:      check.Client,
	Port:      80,
	Processes: 512, // a thread for each port is usual
	Arguments: [][]string{
		nil,
		{"{host}", "{first}", "{last}"},
		{"{host}", "{first}-{last}"},
		{"{host}"},
		{"{host}", "-p", "{first}-{last}"},
		{"-p", "{first}-{last}", "{host}"},
		{"-H", "{host}", "-p", "{list}"},
		{"--host", "{host}", "--ports", "{first}-{last}"},
		{"--host", "{host}", "--start", "{first}", "--end", "{last}"},
		{"-t", "{host}", "-p", "{first}-{last}"},
		{"--target", "{host}", "--ports", "{first}-{last}"},
		{"{host}", "-s", "{first}", "-e", "{last}"},
	},
	Places: check.Values{"first": "20", "last": "30", "list": "20,21,22"},
	Answers: []check.Answer{
		{Prompt: asks("another|again|continue|继续|再"), Type: "n"},
		{Prompt: asks("y/n|yes/no|是否"), Type: "y"},
		{Prompt: asks("range|范围|start[^:：?]*end|first[^:：?]*last|min[^:：?]*max|起始[^:：?]*结束"), Type: "{first}-{last}"},
		{Prompt: asks("start|first|begin|from|min|low|起始|开始|最小"), Type: "{first}"},
		{Prompt: asks("end|last|max|high|stop|up to|结束|终止|最大|to port"), Type: "{last}"},
		{Prompt: asks("thread|worker|线程"), Type: "20"},
		{Prompt: asks("timeout|超时"), Type: "1"},
		{Prompt: asks("host|target|address|\\bip\\b|domain|server|name|site|website|url|主机|地址|目标|域名"), Type: "{host}"},
		{Prompt: asks("ports|port|端口"), Type: "{list}"},
		{Type: "{host}", Once: true},
		{Type: "{first}", Once: true},
		{Type: "{last}", Once: true},
		{Type: ""},
	},
	Instead: []string{"nmap", "nc", "ncat", "netcat", "masscan"},
	Cases: []check.Case{
		{Name: "open", Miniature: true, Limit: limit, Run: open},
		{Name: "closed", Miniature: true, Limit: limit, Run: closed},
		{Name: "parallel", Level: check.Optional, Miniature: true, Limit: limit, Run: parallel},
		{Name: "filtered", Level: check.Robustness, Miniature: true, Limit: limit, Run: filtered},
		{Name: "last-port", Level: check.Robustness, Miniature: true, Limit: limit, Run: lastPort},
		{Name: "no-such-host", Level: check.Robustness, Miniature: true, Limit: limit, Run: noSuchHost},
	},
}
