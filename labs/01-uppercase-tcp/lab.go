// Package uppercasetcp is the exercise "Upper case, by TCP": the client and the
// server of the book's §2.7.2. Which of the two a program is, is seen when it runs.
//
// What is judged of the server, in server.go: that each client gets its sentence
// back in capitals, one client after the other, and what comes of TCP being a
// stream of bytes. Of the client, in client.go: that it sends what was typed, and
// prints what came back.
package uppercasetcp

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/uppercase"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:    1,
	Name:      "uppercase-tcp",
	Section:   "§2.7.2",
	Files:     files,
	Kind:      check.Either,
	Port:      12000,
	Arguments: uppercase.Arguments,
	Answers:   uppercase.Answers,
	Places:    uppercase.Places,
	Cases: []check.Case{
		{Name: "sentence", Of: check.Server, Run: sentence},
		{Name: "again", Of: check.Server, Run: again},
		{Name: "utf8", Of: check.Server, Level: check.Robustness, Run: utf8Sentence},
		{Name: "no-sentence", Of: check.Server, Level: check.Robustness, Run: noSentence},
		{Name: "two-segments", Of: check.Server, Level: check.Robustness, Run: twoSegments},
		{Name: "long", Of: check.Server, Level: check.Robustness, Run: long},

		{Name: "client-sentence", Of: check.Client, Run: clientSentence},
		{Name: "client-reply", Of: check.Client, Run: clientReply},
		{Name: "client-utf8", Of: check.Client, Level: check.Robustness, Run: clientUTF8},
		{Name: "client-two-segments", Of: check.Client, Level: check.Robustness, Run: clientTwoSegments},
	},
}
