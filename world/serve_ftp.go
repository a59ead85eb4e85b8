package world

import (
	"io/fs"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/servers/ftpd"
	"github.com/wirebook/wirebook/supervise"
)

// ftpService is the section of an FTP server:
//
//	ftp:
//	  anonymous: ftp/public
//	  users: {alice: {files: ftp/alice}, bob: {files: ftp/bob, password: secret}}
//	  tls: true
//
// Who has no password has their own name for one. What is written is kept in
// memory: a world changes no file of the machine that it runs on.
type ftpService struct {
	anonymous string // a folder beside the world file; empty: nobody is anonymous
	users     map[string]ftpUser
	tls       bool
}

type ftpUser struct {
	files    string // a folder beside the world file
	password string
}

func readFTP(d *draft, n *yaml.Node) service {
	s := &ftpService{users: make(map[string]ftpUser)}
	d.object(n, "an ftp server", fields{
		"anonymous": d.folder(&s.anonymous),
		"users": func(n *yaml.Node) {
			d.entries(n, "users", func(name string, at, value *yaml.Node) { s.users[name] = readFTPUser(d, name, at, value) })
		},
		"tls": d.yesOrNo(&s.tls),
	})
	if s.anonymous == "" && len(s.users) == 0 {
		d.wrong(n, "write anonymous: and a folder, or users: and their names", "nobody can log in at the ftp server")
	}
	return s
}

func readFTPUser(d *draft, name string, at, n *yaml.Node) ftpUser {
	u := ftpUser{password: name}
	d.object(n, "a user", fields{"files": d.folder(&u.files), "password": d.text(&u.password)})
	switch {
	case name == "anonymous" || name == "ftp":
		d.wrong(at, "write anonymous: and a folder, beside users:", "%s is no user with a password", name)
	case u.files == "":
		d.wrong(at, "write files: and the name of a folder beside the world file", "the user %s has no files", name)
	}
	return u
}

const ftpPort = 21

func (s *ftpService) ports() []Port { return []Port{{"tcp", ftpPort}} }

func (s *ftpService) server(w *World, h *Host) (supervise.Server, error) {
	server := &ftpd.Server{
		Users: make(map[string]ftpd.User), ModTime: embeddedAt,
		Sessions: keep(&w.insides, &w.insides.ftp, h.Name, new(ftpd.Sessions)),
		Log:      w.logOf(h.Name, "ftp"), Clock: w.clock,
	}
	for _, name := range slices.Sorted(maps.Keys(s.users)) {
		files, err := fs.Sub(w.Plan.files, s.users[name].files)
		if err != nil {
			return nil, err
		}
		user := ftpd.User{Password: s.users[name].password, FS: files}
		if w.alone != nil {
			if user.Root, err = w.alone.keep("ftp/"+name, files); err != nil {
				return nil, err
			}
		}
		server.Users[name] = user
	}
	if s.anonymous != "" {
		files, err := fs.Sub(w.Plan.files, s.anonymous)
		if err != nil {
			return nil, err
		}
		server.Anonymous = &ftpd.User{FS: files}
	}
	if s.tls {
		server.TLS = w.withCertificate(h)
	}
	return server, nil
}
