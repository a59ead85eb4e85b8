package netx

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"testing"
)

type healing struct{}

// WithHealing returns a context under which [Guard] catches panics even in a
// test. A test that shows that a server survives one of its conversations
// needs it; in every other test a panic must fail the test.
func WithHealing(ctx context.Context) context.Context {
	return context.WithValue(ctx, healing{}, true)
}

// Guard calls f and, when f panics, logs the panic with its stack under the
// name of what was being done, and returns. It belongs at the start of each
// goroutine that serves one conversation, so that a fault there ends that
// conversation and no other. In a test the panic is not caught.
func Guard(ctx context.Context, log *slog.Logger, doing string, f func()) {
	defer func() {
		if testing.Testing() && ctx.Value(healing{}) == nil {
			return
		}
		if fault := recover(); fault != nil {
			cmp.Or(log, slog.Default()).Error("panic", "doing", doing, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
		}
	}()
	f()
}
