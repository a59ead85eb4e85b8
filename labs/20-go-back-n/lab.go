// Package gobackn is the exercise "Go-back-N", on UDP: a sender with a window of
// eight packets, a timer and cumulative acknowledgments, and its receiver. Which of
// the two a program is, is seen when it runs. What is judged is in package
// transfer.
package gobackn

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/transfer"
)

//go:embed *.md starter
var files embed.FS

var protocol = transfer.Protocol{Modulus: 256, Window: 8, Book: "§3.4.3"}

// Lab is the exercise.
var Lab = check.Lab{
	Number:    20,
	Name:      "go-back-n",
	Section:   "§3.4.3",
	Files:     files,
	Kind:      check.Either,
	Port:      15000,
	Arguments: transfer.Arguments,
	Answers:   transfer.Answers,
	Places:    transfer.Places,
	Prepare:   transfer.Prepare,
	Cases:     protocol.Cases(),
}
