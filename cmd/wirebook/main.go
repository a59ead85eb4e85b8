// Wirebook is a network textbook that runs: a miniature Internet in one
// process, the servers and clients of its application layer, and everything
// that they say, explained.
//
//	wirebook up                        start the Internet
//	wirebook run -- dig +trace www.example.com
//	wirebook explain 304
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/wirebook/wirebook/guest"
)

// version is set by the linker: see the Makefile.
var version = "unknown"

func main() {
	guest.Main() // does not return in a process that is to become a guest
	os.Exit(execute(context.Background(), newApp(os.Args[1:]), os.Args[1:]))
}

// The exit codes, which scripts may rely on.
const (
	exitOK      = 0
	exitFailure = 1 // what was asked for did not work
	exitUsage   = 2 // the command line made no sense

	exitInterrupted = 130 // Ctrl-C, as a shell has it
)

// exitStatus is an error that only sets the exit code: all has been said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usageError is a mistake on the command line.
type usageError struct{ error }

func execute(ctx context.Context, a *app, args []string) int {
	root := a.root()
	root.SetArgs(args)
	return a.exitCode(root.ExecuteContext(ctx))
}

// exitCode says what went wrong, if that has not been said, and how the program is
// to end.
func (a *app) exitCode(err error) int {
	var status exitStatus
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "wirebook: %v\n", err)
		return exitUsage
	case errors.Is(err, context.Canceled) && a.interrupted():
		return exitInterrupted
	}
	fmt.Fprintf(a.err, "wirebook: %v\n", err)
	return exitFailure
}
