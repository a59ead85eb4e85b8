// Package uppercaseudp is the exercise "Upper case, by UDP": the client and the
// server of the book's §2.7.1. Which of the two a program is, is seen when it runs.
//
// What is judged of the server, in server.go: that each client gets its sentence
// back in capitals, and that no datagram ends it. Of the client, in client.go: that
// it sends what was typed, prints what came back, and does not wait for ever for
// a datagram that was lost.
package uppercaseudp

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:    2,
	Name:      "uppercase-udp",
	Section:   "§2.7.1",
	Files:     files,
	Kind:      check.Either,
	Port:      12000,
	Arguments: uppercase.Arguments,
	Answers:   uppercase.Answers,
	Places:    uppercase.Places,
	Cases: []check.Case{
		{Name: "sentence", Of: check.Server, Run: sentence},
		{Name: "again", Of: check.Server, Run: again},
		{Name: "two-clients", Of: check.Server, Run: twoClients},
		{Name: "utf8", Of: check.Server, Level: check.Robustness, Run: utf8Sentence},
		{Name: "long", Of: check.Server, Level: check.Robustness, Run: long},
		{Name: "empty", Of: check.Server, Level: check.Robustness, Run: empty},
		{Name: "not-text", Of: check.Server, Level: check.Robustness, Run: notText},

		{Name: "client-sentence", Of: check.Client, Run: clientSentence},
		{Name: "client-reply", Of: check.Client, Run: clientReply},
		{Name: "client-utf8", Of: check.Client, Level: check.Robustness, Run: clientUTF8},
		{Name: "client-stranger", Of: check.Client, Level: check.Robustness, Miniature: true, Run: clientStranger},
		{Name: "client-lost", Of: check.Client, Level: check.Robustness, Patience: patience, Limit: 30 * time.Second, Run: clientLost},
	},
}

// patience is longer than the timeouts that people choose.
const patience = 11 * time.Second
