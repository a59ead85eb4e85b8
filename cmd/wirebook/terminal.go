package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"
)

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// typed is what read has read, unless ctx ends first: a read from a terminal cannot be
// given up. It is left alone then; the program ends.
func typed[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// askPassword asks on the terminal, where what is typed is not shown.
func (a *app) askPassword(ctx context.Context, user, server string) (string, error) {
	if !isTerminal(a.in) {
		return "", usageError{fmt.Errorf("no password for %s: write ftp://%s:PASSWORD@%s, or run this on a terminal", user, user, server)}
	}
	terminal := int(a.in.Fd())
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	fmt.Fprint(a.err, a.say("ftp.password", "User", user, "Server", server))
	defer fmt.Fprintln(a.err)
	password, err := typed(ctx, func() ([]byte, error) { return term.ReadPassword(terminal) })
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, term.Restore(terminal, before))
	}
	return string(password), err
}
