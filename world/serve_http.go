package world

import (
	"io/fs"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/servers/httpd"
	"github.com/wirebook/wirebook/supervise"
)

// httpService is the section of a web server:
//
//	http: {site: sites/www.example.com, port: 80}
type httpService struct {
	site string // a folder beside the world file
	port int
}

func readHTTP(d *draft, n *yaml.Node) service {
	s := &httpService{port: 80}
	d.object(n, "an http server", fields{
		"site": d.folder(&s.site),
		"port": d.number(&s.port, 1, 65535),
	})
	if s.site == "" {
		d.wrong(n, "write site: and the name of a folder beside the world file", "the http server has no site")
	}
	return s
}

func (s *httpService) ports() []Port { return []Port{{"tcp", uint16(s.port)}} }

func (s *httpService) server(w *World, h *Host) (supervise.Server, error) {
	site, err := fs.Sub(w.Plan.files, s.site)
	if err != nil {
		return nil, err
	}
	return &httpd.Server{
		Addr:    ":" + strconv.Itoa(s.port),
		FS:      site,
		ModTime: embeddedAt,
		Log:     w.logOf(h.Name, "http"),
		Clock:   w.clock,
	}, nil
}

// embeddedAt is the modification time of files that have none, since they are
// inside the program.
var embeddedAt = time.Date(2026, time.September, 1, 8, 0, 0, 0, time.UTC)
