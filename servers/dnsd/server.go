package dnsd

import (
	"context"
	"log/slog"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
)

// Server receives queries over UDP and TCP and sends what its Role answers.
type Server struct {
	// Addr is the address to listen on, for UDP and TCP alike, such as
	// "192.0.2.53:53"; empty means ":53".
	Addr string

	// Role answers.
	Role Role

	// UDPSize is the longest datagram sent to those who can take more than
	// 512 bytes; 0 means 1232, which fits any path without fragments.
	UDPSize int

	// IdleTimeout is how long a TCP connection may say nothing, and how long
	// one message on it may take; 0 means 10 seconds (RFC 7766 §6.2.3).
	IdleTimeout time.Duration

	Log   *slog.Logger // nil means slog.Default()
	Clock clock.Clock  // nil means clock.System
}

// Serve answers on nw until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	<-ctx.Done()
	return nil
}
