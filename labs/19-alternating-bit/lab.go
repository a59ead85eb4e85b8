// Package alternatingbit is the exercise "The alternating-bit protocol", the
// rdt3.0 of the book, on UDP: a sender and a receiver that bring a file over a link
// that loses, doubles and damages packets, one packet at a time. Which of the two a
// program is, is seen when it runs. What is judged is in package transfer.
package alternatingbit

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/transfer"
)

//go:embed *.md starter
var files embed.FS

var protocol = transfer.Protocol{Modulus: 2, Window: 1, Book: "§3.4.1"}

// Lab is the exercise.
var Lab = check.Lab{
	Number:    19,
	Name:      "alternating-bit",
	Section:   "§3.4.1",
	Files:     files,
	Kind:      check.Either,
	Port:      14000,
	Arguments: transfer.Arguments,
	Answers:   transfer.Answers,
	Places:    transfer.Places,
	Prepare:   transfer.Prepare,
	Cases:     protocol.Cases(),
}
