package ftpd

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path"
	"strings"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"
)

// driver shows a store to the library, which asks for an afero.Fs. Of that it
// uses little: files come through GetHandle, folders through ReadDir.
type driver struct {
	library      *library
	conversation *conversation
	files        store
	context      ftpserver.ClientContext
}

var (
	_ ftpserver.ClientDriver                      = (*driver)(nil)
	_ ftpserver.ClientDriverExtentionFileTransfer = (*driver)(nil)
	_ ftpserver.ClientDriverExtensionFileList     = (*driver)(nil)
	_ ftpserver.ClientDriverExtensionRemoveDir    = (*driver)(nil)
)

var errUnused = errors.New("not the way to files here")

// note remembers the error for the reply.
func (d *driver) note(err error) error {
	if err != nil {
		d.library.failure = err
	}
	return err
}

// local makes a path in a store of the library's, which is clean and absolute.
func local(name string) string {
	if name = strings.TrimPrefix(name, "/"); name == "" {
		return "."
	}
	return name
}

func (d *driver) Stat(name string) (os.FileInfo, error) {
	info, err := d.files.stat(local(name))
	if err != nil && d.isPattern(name) {
		return d.files.stat(local(path.Dir(name))) // ReadDir will look closer
	}
	return info, d.note(err)
}

// isPattern reports whether a listing was asked for of "*.txt" and the like: a
// client's mget expects the server to expand it.
func (d *driver) isPattern(name string) bool {
	if verb := d.context.GetLastCommand(); verb != "LIST" && verb != "NLST" {
		return false
	}
	return strings.ContainsAny(path.Base(name), "*?[")
}

// ReadDir lists a folder; names that begin with a dot are shown as ls shows them.
func (d *driver) ReadDir(name string) ([]os.FileInfo, error) {
	pattern := "*"
	if _, err := d.files.stat(local(name)); err != nil && d.isPattern(name) {
		name, pattern = path.Split(name)
		name = path.Clean(name)
		d.context.SetListPath(name)
	}
	list, err := d.files.readDir(local(name))
	if err != nil {
		return nil, d.note(err)
	}
	hide := d.context.GetLastCommand() != "MLSD" && !d.conversation.listAll && !strings.HasPrefix(pattern, ".")
	shown := list[:0]
	for _, info := range list {
		if hide && strings.HasPrefix(info.Name(), ".") {
			continue
		}
		if ok, err := path.Match(pattern, info.Name()); err != nil {
			return nil, d.note(err)
		} else if ok {
			shown = append(shown, info)
		}
	}
	return shown, nil
}

// GetHandle opens a file for RETR, STOR or APPE.
//
// An upload is written to where it belongs at once, not to another name first:
// when it breaks off, what has arrived is what REST and APPE go on from. The end
// of an upload is the end of its data connection, and a connection that broke
// can look like that: a client that must know asks for SIZE.
func (d *driver) GetHandle(name string, flags int, offset int64) (ftpserver.FileTransfer, error) {
	name = local(name)
	if offset > 0 || offset < 0 {
		if err := d.mayStartAt(name, offset); err != nil {
			return nil, d.note(err)
		}
	}
	var f file
	var err error
	if flags&(os.O_WRONLY|os.O_RDWR) == 0 {
		f, err = d.files.open(name)
	} else {
		f, err = d.files.write(name, flags)
	}
	if err != nil {
		return nil, d.note(err)
	}
	d.library.files.Add(1)
	return &handle{file: f, driver: d}, nil
}

var errRestart = errors.New("the restart position is past the end of the file")

func (d *driver) mayStartAt(name string, offset int64) error {
	info, err := d.files.stat(name)
	if err != nil {
		return err
	}
	if offset < 0 || offset > info.Size() {
		return errRestart
	}
	return nil
}

func (d *driver) Mkdir(name string, _ os.FileMode) error { return d.note(d.files.mkdir(local(name))) }
func (d *driver) Remove(name string) error               { return d.note(d.files.remove(local(name))) }
func (d *driver) RemoveDir(name string) error            { return d.note(d.files.removeDir(local(name))) }
func (d *driver) Rename(from, to string) error {
	return d.note(d.files.rename(local(from), local(to)))
}

func (d *driver) Chtimes(name string, _, modified time.Time) error {
	return d.note(d.files.setTime(local(name), modified))
}

// The rest of afero.Fs is not asked for.

func (d *driver) Name() string                                          { return "ftpd" }
func (d *driver) Create(string) (afero.File, error)                     { return nil, errUnused }
func (d *driver) Open(string) (afero.File, error)                       { return nil, errUnused }
func (d *driver) OpenFile(string, int, os.FileMode) (afero.File, error) { return nil, errUnused }
func (d *driver) MkdirAll(string, os.FileMode) error                    { return errUnused }
func (d *driver) RemoveAll(string) error                                { return errUnused }
func (d *driver) Chmod(string, os.FileMode) error                       { return errUnused }
func (d *driver) Chown(string, int, int) error                          { return errUnused }

// handle is an open file in the library's hands.
type handle struct {
	file   file
	driver *driver
}

func (h *handle) Read(b []byte) (int, error) {
	n, err := h.file.Read(b)
	return n, h.noteRead(err)
}

func (h *handle) noteRead(err error) error {
	if err != nil && err != io.EOF {
		h.driver.note(err)
	}
	return err
}

func (h *handle) Write(b []byte) (int, error) {
	n, err := h.file.Write(b)
	return n, h.driver.note(err)
}

func (h *handle) Seek(offset int64, whence int) (int64, error) {
	n, err := h.file.Seek(offset, whence)
	return n, h.driver.note(err)
}

func (h *handle) Close() error {
	defer h.driver.library.files.Done()
	return h.driver.note(h.file.Close())
}

// session is the library's main driver, for one session.
type session struct {
	*library
	listener net.Listener
}

var (
	_ ftpserver.MainDriver                        = (*session)(nil)
	_ ftpserver.MainDriverExtensionPassiveWrapper = (*session)(nil)
)

func (s *session) GetSettings() (*ftpserver.Settings, error) {
	return &ftpserver.Settings{
		Listener:             s.listener,
		IdleTimeout:          -1, // ours to watch
		DisableActiveMode:    true,
		DisableSite:          true,
		DisableLISTArgs:      true,                        // they are ours, too
		PasvConnectionsCheck: ftpserver.IPMatchDisabled,   // done before it sees the connection
		DefaultTransferType:  ftpserver.TransferTypeASCII, // RFC 959 §3.1.1.1
	}, nil
}

func (s *session) ClientConnected(cc ftpserver.ClientContext) (string, error) {
	s.driver.context = cc
	return "ready", nil
}

func (s *session) ClientDisconnected(ftpserver.ClientContext) {}

func (s *session) AuthUser(ftpserver.ClientContext, string, string) (ftpserver.ClientDriver, error) {
	return &s.driver, nil
}

func (s *session) GetTLSConfig() (*tls.Config, error) {
	return nil, errors.New("TLS is not the library's")
}

// WrapPassiveListener puts the conversation's data connection in the place of
// the kernel's socket that the library has opened.
func (s *session) WrapPassiveListener(kernel net.Listener) (net.Listener, error) {
	silence(kernel)
	return &dataListener{kernel, s.library}, nil
}

// dataListener accepts what the library's dial makes. It keeps the kernel's listener, since the
// library sets deadlines on it, and closes it.
type dataListener struct {
	net.Listener
	library *library
}

func (l *dataListener) Accept() (net.Conn, error) { return l.library.dial() }
