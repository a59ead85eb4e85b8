package world

import (
	"context"
	"io"
)

// CommandLine runs the clients on hosts of the world, as `wirebook exec` does. The
// page has one, and does not know how commands are made: who starts the page gives
// it.
type CommandLine interface {
	// Run runs a command until it ends, or ctx does, and returns its exit code: 0
	// if all went well, 2 if the command made no sense. What it has to say it has
	// written.
	Run(ctx context.Context, c Command) (exit int)

	// Complete is what the last of the words can become; it may be empty.
	Complete(ctx context.Context, host string, words []string) []Completion
}

// Command is what somebody has typed, and where it is to run.
type Command struct {
	Host     string    // a host of the world
	Args     []string  // as dns, www.example.com
	Language string    // "en" or "zh"; "": that of the program
	Stdin    io.Reader // nil: it is empty; one that can be closed is closed at the end
	Stdout   io.Writer // both are written from several goroutines, not at the same time
	Stderr   io.Writer
}

// Completion is a word that fits.
type Completion struct {
	Word string `json:"word"`
	Text string `json:"text,omitempty"` // what it is, in the learner's language
}
