// Package icmpping is the exercise "An ICMP pinger": the book's programming
// assignment. On a raw socket the program makes echo requests itself, byte by
// byte, and measures how long their replies take.
//
// The tester is the host that is pinged, whatever name or address the program has
// in its source. host.go is that host; it answers only what a real one would
// answer: a request with a right checksum. cases.go judges what the assignment
// asks for, extras.go the rest.
package icmpping

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// patience is longer than usual: some wait several seconds for a reply.
const patience = 6 * time.Second

// Lab is the exercise.
var Lab = check.Lab{
	Number:   9,
	Name:     "icmp-ping",
	Section:  "§5.6",
	Files:    files,
	Protocol: "ICMP",
	Kind:     check.Client,
	Arguments: [][]string{
		nil,
		{"{host}"},
		{"{host}", "4"},
		{"{host}", "-c", "4"},
		{"-c", "4", "{host}"},
		{"--host", "{host}"},
		{"-H", "{host}"},
		{"-d", "{host}"},
		{"{host}", "1", "4"},
	},
	Answers: []check.Answer{
		{Prompt: "y/n|yes/no|again|是否|再", Type: "n"},
		{Prompt: "how many|count|number|times|次数|个数|多少", Type: "4"},
		{Prompt: "timeout|超时", Type: "1"},
		{Prompt: "ttl", Type: "64"},
		{Prompt: "size|bytes|大小", Type: "32"},
		{Type: "{host}"},
	},
	Instead: []string{"ping", "ping4", "ping6", "fping", "hping3"},
	Cases: []check.Case{
		{Name: "request", Miniature: true, Patience: patience, Run: request},
		{Name: "reply", Miniature: true, Patience: patience, Run: reply},
		{Name: "time", Miniature: true, Patience: patience, Run: rtt},
		{Name: "lost", Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: lost},
		{Name: "unreachable", Level: check.Optional, Miniature: true, Patience: patience, Run: unreachable},
		{Name: "other-id", Level: check.Robustness, Miniature: true, Patience: patience, Run: otherID},
		{Name: "own-request", Level: check.Robustness, Miniature: true, Patience: patience, Run: ownRequest},
		{Name: "late", Level: check.Robustness, Miniature: true, Patience: patience, Limit: 25 * time.Second, Run: late},
		{Name: "options", Level: check.Robustness, Miniature: true, Patience: patience, Run: options},
	},
}
