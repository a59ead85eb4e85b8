package world

import (
	"io/fs"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/servers/tftpd"
	"github.com/wirebook/wirebook/supervise"
)

// tftpService is the section of a TFTP server:
//
//	tftp: {files: tftp, writable: incoming}
//
// What is written into the folder incoming of tftp, or with writable: . into any,
// is kept in memory: a world changes no file of the machine that it runs on.
type tftpService struct {
	files    string // a folder beside the world file
	writable string // a folder in files; empty: nothing may be written
}

func readTFTP(d *draft, n *yaml.Node) service {
	s := &tftpService{}
	d.object(n, "a tftp server", fields{
		"files": d.folder(&s.files),
		"writable": func(n *yaml.Node) {
			d.text(&s.writable)(n)
			if s.writable != "" && !fs.ValidPath(s.writable) {
				d.wrong(n, "write the name of a folder in files, or . for all of them", "%q is no folder in which files can be written", s.writable)
			}
		},
	})
	if s.files == "" {
		d.wrong(n, "write files: and the name of a folder beside the world file", "the tftp server has no files")
	}
	return s
}

const tftpPort = 69

func (s *tftpService) ports() []Port { return []Port{{"udp", tftpPort}} }

func (s *tftpService) server(w *World, h *Host) (supervise.Server, error) {
	files, err := fs.Sub(w.Plan.files, s.files)
	if err != nil {
		return nil, err
	}
	server := &tftpd.Server{
		FS: files, Writable: s.writable, Transfers: keep(&w.insides, &w.insides.tftp, h.Name, new(tftpd.Transfers)),
		Log: w.logOf(h.Name, "tftp"), Clock: w.clock,
	}
	if w.alone != nil && s.writable != "" {
		root, err := w.alone.keep("tftp", files)
		if err != nil {
			return nil, err
		}
		server.Root = root
	}
	return server, nil
}
