package httpd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/http1"
)

// Server serves one site. It needs Root or FS; what else is zero has the default
// that stands beside it.
type Server struct {
	Addr string // where to listen; ":80"

	// Root is the folder whose files are served. No request leads out of it,
	// not by "..", nor through a symbolic link (os.Root).
	Root string

	// FS is the content when Root is empty. Files in it that have no
	// modification time of their own, as embedded ones, are taken never to
	// change; ModTime, if set, is then their Last-Modified.
	FS      fs.FS
	ModTime time.Time

	Index      []string // files that stand for their folder; index.html
	Listing    bool     // show a folder that has none; otherwise that is 403
	ServerName string   // the Server field; "Wirebook"

	MaxConns       int   // connections at once; 10,000
	MaxRequestLine int   // in bytes; 8000 (RFC 9112 §3), beyond it 414
	MaxHeader      int   // all header fields, in bytes; 32 KiB, beyond it 431
	MaxFields      int   // how many header fields; 100, beyond it 431
	MaxBody        int64 // of a request, in bytes; 1 MiB, beyond it 413

	IdleTimeout   time.Duration // between two requests; 60 s
	HeaderTimeout time.Duration // from a request's first byte to the end of its header; 10 s
	BodyTimeout   time.Duration // for a request's body; 30 s
	WriteTimeout  time.Duration // for each 256 KiB of a response; 60 s

	Log   *slog.Logger // slog.Default()
	Clock clock.Clock  // the machine's
}

// Serve listens at Addr and answers until ctx ends.
func (s *Server) Serve(ctx context.Context, nw netx.Network) error {
	site, err := s.open()
	if err != nil {
		return err
	}
	defer site.files.close()
	ln, err := nw.Listen(ctx, "tcp", site.Addr)
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	acceptor := netx.Acceptor{
		Log: site.Log,
		// The crowd makes room when MaxConns are there. Those who are told to
		// leave need a moment, and those who come then need a place to wait.
		MaxConns: site.MaxConns + site.MaxConns/8 + 8,
	}
	return acceptor.Serve(ctx, ln, func(_ context.Context, conn net.Conn) { site.converse(conn) })
}

// site is a server that serves: all options have values, the files are open.
type site struct {
	Server
	files  *files
	crowd  crowd
	common commonFields
	rules  http1.Rules
}

func (s *Server) open() (*site, error) {
	site := &site{Server: *s}
	site.Addr = cmp.Or(site.Addr, ":80")
	site.ServerName = cmp.Or(site.ServerName, "Wirebook")
	site.MaxConns = cmp.Or(site.MaxConns, 10_000)
	site.MaxRequestLine = cmp.Or(site.MaxRequestLine, 8000)
	site.MaxHeader = cmp.Or(site.MaxHeader, 32<<10)
	site.MaxFields = cmp.Or(site.MaxFields, 100)
	site.MaxBody = cmp.Or(site.MaxBody, 1<<20)
	site.IdleTimeout = cmp.Or(site.IdleTimeout, 60*time.Second)
	site.HeaderTimeout = cmp.Or(site.HeaderTimeout, 10*time.Second)
	site.BodyTimeout = cmp.Or(site.BodyTimeout, 30*time.Second)
	site.WriteTimeout = cmp.Or(site.WriteTimeout, 60*time.Second)
	site.Log = cmp.Or(site.Log, slog.Default())
	site.Clock = clock.Or(s.Clock)
	if len(site.Index) == 0 {
		site.Index = []string{"index.html"}
	}
	if err := site.openFiles(); err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	site.crowd.max = site.MaxConns
	site.common.server = site.ServerName
	site.rules = http1.Rules{
		MaxStart:  site.MaxRequestLine,
		MaxFields: site.MaxHeader,
		MaxCount:  site.MaxFields,
	}
	return site, nil
}

func (s *site) openFiles() error {
	s.files = &files{fsys: s.FS, modTime: s.ModTime, index: s.Index, listing: s.Listing}
	if s.Root == "" && s.FS == nil {
		return errors.New("no content: neither Root nor FS is set")
	}
	if s.Root == "" {
		return nil
	}
	root, err := os.OpenRoot(s.Root)
	if err != nil {
		return err
	}
	s.files.root = root
	s.files.fsys = root.FS()
	return nil
}
