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
// program, to slog. It changes the logger there is, since parts of the stack
// keep it from the program's start.
var sendStackLogToSlog = sync.OnceFunc(func() { log.Log().Emitter = slogEmitter{} })

type slogEmitter struct{}

// Emit passes everything on as news for who looks for a fault in the stack:
// what it warns of is single packets that make no sense.
func (slogEmitter) Emit(_ int, level log.Level, _ time.Time, format string, args ...any) {
	logger := slog.Default()
	if logger.Enabled(context.Background(), slog.LevelDebug) {
		logger.Debug("protocol stack: "+fmt.Sprintf(format, args...), "level", level.String())
	}
}
