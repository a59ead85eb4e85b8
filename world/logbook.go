package world

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clock"
)

// LogLine is what a server has said to its operator.
type LogLine struct {
	Time  time.Time  `json:"time"` // in the world
	Level slog.Level `json:"level"`
	Text  string     `json:"text"` // with the attributes, as "wrong password client=192.0.2.11"
}

// logLines is how many of them are kept for each server.
const logLines = 50

// logbook keeps a server's newest lines.
type logbook struct {
	mu    sync.Mutex
	lines []LogLine
}

func (b *logbook) write(line LogLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) == logLines {
		b.lines = slices.Delete(b.lines, 0, 1)
	}
	b.lines = append(b.lines, line)
}

func (b *logbook) read() []LogLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.lines)
}

// logbooks are those of all servers, by "host/server".
type logbooks struct {
	mu  sync.Mutex
	all map[string]*logbook
}

func (bs *logbooks) of(server string) *logbook {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.all == nil {
		bs.all = make(map[string]*logbook)
	}
	b := bs.all[server]
	if b == nil {
		b = &logbook{}
		bs.all[server] = b
	}
	return b
}

// logOf is the log that a server is given: what it says goes into the server's
// logbook, and where all of the world's goes.
func (w *World) logOf(host, server string) *slog.Logger {
	return slog.New(&scribe{to: w.log.Handler(), book: w.books.of(host + "/" + server), clock: w.clock})
}

// logOfSupervisor is the supervisor's: what it says of a server goes into that
// server's logbook.
func (w *World) logOfSupervisor() *slog.Logger {
	return slog.New(&scribe{to: w.log.Handler(), books: &w.books, clock: w.clock})
}

// serverLog is what a server has said last: its newest lines.
func (w *World) serverLog(host, server string) []LogLine {
	w.books.mu.Lock()
	book := w.books.all[host+"/"+server]
	w.books.mu.Unlock()
	if book == nil {
		return nil
	}
	return book.read()
}

// scribe is a slog.Handler that writes into a logbook, too.
type scribe struct {
	to     slog.Handler
	book   *logbook  // nil: the attribute "server" says which of
	books  *logbooks // these
	clock  clock.Clock
	attrs  string // of With, as text
	prefix string // of WithGroup
}

// Enabled keeps in the logbook what an operator should know, even where the
// world's log leaves it out.
func (s *scribe) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || s.to.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (s *scribe) Handle(ctx context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	text.WriteString(s.attrs)
	book := s.book
	r.Attrs(func(a slog.Attr) bool {
		switch {
		case s.book == nil && a.Key == "server":
			book = s.books.of(a.Value.String())
		case a.Key != "stack":
			s.attr(&text, a)
		}
		return true
	})
	if book != nil {
		book.write(LogLine{s.clock.Now(), r.Level, text.String()})
	}
	if !s.to.Enabled(ctx, r.Level) {
		return nil
	}
	return s.to.Handle(ctx, r)
}

func (s *scribe) attr(text *strings.Builder, a slog.Attr) {
	value := a.Value.Resolve().String()
	if strings.ContainsAny(value, " \t\n\"") {
		value = fmt.Sprintf("%q", value)
	}
	fmt.Fprintf(text, " %s%s=%s", s.prefix, a.Key, value)
}

// WithAttrs implements slog.Handler.
func (s *scribe) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *s
	var text strings.Builder
	for _, a := range attrs {
		s.attr(&text, a)
	}
	with.attrs += text.String()
	with.to = s.to.WithAttrs(attrs)
	return &with
}

// WithGroup implements slog.Handler.
func (s *scribe) WithGroup(name string) slog.Handler {
	with := *s
	if name != "" {
		with.prefix += name + "."
		with.to = s.to.WithGroup(name)
	}
	return &with
}
