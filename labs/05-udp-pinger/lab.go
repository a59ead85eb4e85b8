// Package udppinger is the exercise "A UDP pinger": the book's second programming
// assignment. The program sends ten pings to a server that loses some of them, and
// prints for each the reply and the round-trip time, or that there was none.
//
// What is judged: the messages, in message.go; what is done about loss and delay,
// in cases.go; what is printed, in printed.go and statistics.go. The server of the
// assignment drops at random; this one drops and delays by plan.
package udppinger

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:  5,
	Name:    "udp-pinger",
	Section: "§2.7",
	Files:   files,
	Kind:    check.Client,
	Port:    12000,
	Arguments: [][]string{
		nil,
		{"{host}", "{port}"},
		{"{host}"},
		{"{host}", "{port}", "10"},
		{"{port}"},
		{"--host", "{host}", "--port", "{port}"},
		{"-h", "{host}", "-p", "{port}"},
	},
	Answers: []check.Answer{
		{Prompt: `y/n|yes/no|是否`, Type: "n"},
		{Prompt: `port|端口`, Type: "{port}"},
		{Prompt: `count|how many|number|times|次数|多少|数量`, Type: "10"},
		{Prompt: `timeout|seconds|超时`, Type: "1"},
		{Prompt: `host|server|address|\bip\b|name|主机|地址|服务器`, Type: "{host}"},
		{Type: ""},
	},
	Cases: []check.Case{
		{Name: "ten", Patience: patience, Limit: limit, Run: ten},
		{Name: "message", Patience: patience, Limit: limit, Run: message},
		{Name: "rtt", Patience: patience, Limit: limit, Run: rtt},
		{Name: "lost", Patience: patience, Limit: limit, Run: lost},
		{Name: "slow", Patience: patience, Limit: limit, Run: slow},
		{Name: "stats", Level: check.Optional, Patience: patience, Limit: limit, Run: stats},
		{Name: "late", Level: check.Robustness, Patience: patience, Limit: limit, Run: late},
		{Name: "all-lost", Level: check.Robustness, Patience: patience, Limit: 55 * time.Second, Run: allLost},
	},
}

// The assignment has a timeout of one second. Who has chosen five hangs for no
// longer than that.
const (
	patience = 6 * time.Second
	limit    = 40 * time.Second
)

// pings is how many there are.
const pings = 10

const (
	book = "§2.7"
	rfc  = "RFC 768"
)
