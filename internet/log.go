package internet

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/log"
)

// sendStackLogToSlog gives the protocol stacks' log, of which there is one in a
// program, to slog.
var sendStackLogToSlog = sync.OnceFunc(func() { log.SetTarget(slogEmitter{}) })

type slogEmitter struct{}

// Emit passes warnings on as such. What the stacks call information is about
// single packets, and a mutated one is no news here.
func (slogEmitter) Emit(_ int, level log.Level, _ time.Time, format string, args ...any) {
	to := slog.LevelDebug
	if level == log.Warning {
		to = slog.LevelWarn
	}
	if logger := slog.Default(); logger.Enabled(context.Background(), to) {
		logger.Log(context.Background(), to, "protocol stack: "+fmt.Sprintf(format, args...))
	}
}
