// Package traceroute is the exercise "Traceroute": the book's programming
// assignment. The program sends probes with a TTL of 1, 2, 3 …, and each router on
// the way betrays itself by the ICMP error that it returns.
//
// The tester is the routers and the host at their end, wherever the program wants
// to go. Probes may be ICMP echo requests, as in the assignment, or UDP datagrams.
// route.go is that network, cases.go judges.
package traceroute

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// For each probe without an answer some wait five seconds.
const (
	patience = 6 * time.Second
	limit    = 30 * time.Second
)

// Lab is the exercise.
var Lab = check.Lab{
	Number:   10,
	Name:     "traceroute",
	Section:  "§5.6",
	Files:    files,
	Protocol: "ICMP",
	Kind:     check.Client,
	Arguments: [][]string{
		nil,
		{"{host}"},
		{"--host", "{host}"},
		{"-H", "{host}"},
		{"-d", "{host}"},
		{"{host}", "30"},
		{"{host}", "30", "1"},
		{"-m", "30", "{host}"},
	},
	Answers: []check.Answer{
		{Prompt: "y/n|yes/no|again|是否|再", Type: "n"},
		{Prompt: "hop|ttl|跳", Type: "30"},
		{Prompt: "timeout|超时", Type: "1"},
		{Prompt: "tries|probes|次数", Type: "2"},
		{Type: "{host}"},
	},
	Instead: []string{"traceroute", "tracert", "tracepath", "mtr"},
	Cases: []check.Case{
		{Name: "path", Miniature: true, Patience: patience, Limit: limit, Run: path},
		{Name: "time", Miniature: true, Patience: patience, Limit: limit, Run: rtt},
		{Name: "silent", Miniature: true, Patience: patience, Limit: limit, Run: silent},
		{Name: "stops", Miniature: true, Patience: patience, Limit: limit, Run: stops},
		{Name: "other-probe", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: otherProbe},
		{Name: "unreachable", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: unreachable},
	},
}
