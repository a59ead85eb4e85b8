// Package udpheartbeat is the exercise "A UDP heartbeat": the optional part of the
// book's assignment "UDP Pinger". A client sends a sequence number and the time
// again and again; a server tells by that how long a message takes, how many were
// lost, and that the client has stopped. Which of the two a program is, is seen when
// it runs.
//
// The book has no message format, so the check finds out which one a server
// understands (manner.go), and takes from a client whatever has both numbers in it
// (client.go). The server is judged by what it prints (server.go), in any words.
package udpheartbeat

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:  6,
	Name:    "udp-heartbeat",
	Section: "§2.7",
	Files:   files,
	Kind:    check.Either,
	Port:    12000,
	Arguments: [][]string{
		nil,
		{"{host}", "{port}"},
		{"{port}"},
		{"{host}"},
		{"-p", "{port}"},
		{"--host", "{host}", "--port", "{port}"},
	},
	Answers: []check.Answer{
		{Prompt: `y/n|yes/no|是否`, Type: "n"},
		{Prompt: `port|端口`, Type: "{port}"},
		{Prompt: `interval|seconds|timeout|间隔|秒|超时`, Type: "1"},
		{Prompt: `count|how many|number|次数|多少|数量`, Type: "20"},
		{Prompt: `host|server|address|\bip\b|name|主机|地址|服务器`, Type: "{host}"},
		{Type: ""},
	},
	Manners: manners(),
	Try:     try,
	Cases: []check.Case{
		{Name: "beats", Of: check.Server, Run: beats},
		{Name: "lost", Of: check.Server, Patience: 12 * time.Second, Limit: limit, Run: lost},
		{Name: "stopped", Of: check.Server, Patience: silence, Limit: limit, Run: stopped},
		{Name: "garbage", Of: check.Server, Level: check.Robustness, Run: garbage},
		{Name: "again", Of: check.Server, Level: check.Robustness, Patience: silence, Limit: limit, Run: again},

		{Name: "client-beats", Of: check.Client, Patience: silence, Limit: limit, Run: clientBeats},
		{Name: "client-message", Of: check.Client, Patience: silence, Limit: limit, Run: clientMessage},
		{Name: "client-alone", Of: check.Client, Level: check.Robustness, Patience: 12 * time.Second, Limit: limit, Run: clientAlone},
	},
}

// silence is longer than any time after which a server may say that its client has
// stopped, or a client send its next message.
const (
	silence = 32 * time.Second
	limit   = 45 * time.Second
)

const (
	book = "§2.7"
	rfc  = "RFC 768"
)
