package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/clients/tftpc"
)

// get gets a file; what is here already of one that is resumed stays.
func (d *ftpDesk) get(ctx context.Context, args []string, resume bool) error {
	remote := args[0]
	local := arg(args, 1, path.Base(remote))
	if local == "." || local == ".." || local == "/" {
		return fmt.Errorf("%q: say what the file is to be called here", remote)
	}
	d.whole = -1
	if isTerminal(d.app.err) && !d.o.verbose && !d.session.Text {
		// Nobody must say how long a file is before it comes; but one
		// who waits likes to know.
		if size, err := d.session.Size(ctx, remote); err == nil {
			d.whole = size
		}
	}
	if local == "-" {
		return d.carry(remote, func() (ftpc.Data, error) { return d.session.Get(ctx, remote, d.app.out, 0) })
	}
	if _, err := os.Stat(local); !resume || errors.Is(err, os.ErrNotExist) {
		file := &lateFile{name: local}
		err := d.carry(remote, func() (ftpc.Data, error) {
			data, err := d.session.Get(ctx, remote, file, 0)
			if err == nil {
				_, err = file.Write(nil) // an empty file is one, too
			}
			return data, err
		})
		return errors.Join(err, file.Close())
	}
	file, err := os.OpenFile(local, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	err = d.carry(remote, func() (ftpc.Data, error) { return d.session.ResumeGet(ctx, remote, file) })
	return errors.Join(err, file.Close())
}

// lateFile is a file that is made when the first byte comes: a server that has
// no such file leaves no trace here.
type lateFile struct {
	name string
	*os.File
}

func (f *lateFile) Write(b []byte) (int, error) {
	if f.File == nil {
		var err error
		if f.File, err = os.Create(f.name); err != nil {
			return 0, err
		}
	}
	return f.File.Write(b)
}

func (f *lateFile) Close() error {
	if f.File == nil {
		return nil
	}
	return f.File.Close()
}

func (d *ftpDesk) put(ctx context.Context, args []string, resume bool) error {
	return d.send(args, func(remote string, file *os.File) (ftpc.Data, error) {
		if resume {
			return d.session.ResumePut(ctx, remote, file)
		}
		return d.session.Put(ctx, remote, file, 0)
	})
}

func (d *ftpDesk) append(ctx context.Context, args []string) error {
	return d.send(args, func(remote string, file *os.File) (ftpc.Data, error) { return d.session.Append(ctx, remote, file) })
}

func (d *ftpDesk) send(args []string, transfer func(string, *os.File) (ftpc.Data, error)) error {
	local := args[0]
	remote := arg(args, 1, filepath.Base(local))
	file, err := os.Open(local)
	if err != nil {
		return err
	}
	defer file.Close()
	d.whole = -1
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder: FTP puts one file after the other", local)
	}
	return d.carry(remote, func() (ftpc.Data, error) { return transfer(remote, file) })
}

// progress is for ftpc.Client.
func (d *ftpDesk) progress(p ftpc.Progress) {
	if d.line == nil {
		return
	}
	if p.Size < 0 {
		p.Size = d.whole
	}
	d.line.show(tftpc.Progress(p))
}

// carry shows how a transfer goes, and then how it went.
func (d *ftpDesk) carry(name string, transfer func() (ftpc.Data, error)) error {
	if !d.o.verbose {
		d.line = d.app.newTransferLine()
	}
	data, err := transfer()
	if d.line != nil {
		d.line.clear()
		d.line = nil
	}
	if err != nil || d.o.verbose {
		return err
	}
	key := "ftp.done"
	if data.Command == "" {
		key = "ftp.complete"
	}
	fmt.Fprintln(d.app.err, d.app.say(key, "Name", visible(name), "Bytes", data.Bytes, "Time", data.Took.Round(10*time.Microsecond)))
	return nil
}
