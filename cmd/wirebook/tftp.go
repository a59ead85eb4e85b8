package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/tftpc"
)

func init() {
	example("tftp",
		"wirebook exec alice tftp get -v tftp.example.edu lesson.txt -o -",
		"wirebook exec alice tftp put tftp.example.edu notes.txt incoming/notes.txt")
	example("tftp.get",
		"wirebook exec alice tftp get tftp.example.edu boot.img",
		"wirebook exec alice tftp get -v tftp.example.edu lesson.txt -o -",
		"wirebook tftp get --port 6969 --blksize 1428 --windowsize 16 127.0.0.1 large.iso")
	example("tftp.put",
		"wirebook exec alice tftp put tftp.example.edu notes.txt incoming/notes.txt",
		"wirebook tftp put --port 6969 --tsize 127.0.0.1 large.iso",
		"wirebook exec alice tftp put --netascii --windowsize 8 tftp.example.edu notes.txt incoming/text.txt")
}

func tftpClient(a *app, where func() place) *cobra.Command {
	c := a.verbs("tftp", "tftp")
	c.GroupID = "client"
	c.AddCommand(a.tftpGet(where), a.tftpPut(where))
	return c
}

// tftpOptions are the flags that get and put have in common.
type tftpOptions struct {
	client  tftpc.Client
	port    uint16
	verbose bool
	asJSON  bool
}

func (o *tftpOptions) flags(a *app, c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&o.client.BlockSize, "blksize", 0, a.say("flag.blksize"))
	f.IntVar(&o.client.WindowSize, "windowsize", 0, a.say("flag.windowsize"))
	f.BoolVar(&o.client.Size, "tsize", false, a.say("flag.tsize"))
	f.BoolVar(&o.client.Netascii, "netascii", false, a.say("flag.netascii"))
	f.DurationVar(&o.client.Timeout, "timeout", time.Second, a.say("flag.tftptimeout"))
	f.Uint16Var(&o.port, "port", 0, a.say("flag.tftpport"))
	f.BoolVarP(&o.verbose, "verbose", "v", false, a.say("flag.tftpverbose"))
	f.BoolVar(&o.asJSON, "json", false, a.say("flag.json"))
}

// prepare finishes the client that the flags describe. A timeout that was given
// is asked of the server, too, if the option timeout can say it.
func (o *tftpOptions) prepare(a *app, c *cobra.Command, at place) error {
	o.client.Network, o.client.Clock = at.Network, at.clock
	o.client.AskTimeout = c.Flag("timeout").Changed && o.client.Timeout%time.Second == 0
	if err := o.client.Check(); err != nil {
		return usageError{err}
	}
	if o.verbose {
		o.client.Network = overhear(at.Network, a.err)
	}
	return nil
}

// server is where the request goes: to port 69, if no other is named.
func (o *tftpOptions) server(name string) string {
	if o.port == 0 {
		return name
	}
	host := strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	return net.JoinHostPort(host, strconv.Itoa(int(o.port)))
}

func (a *app) tftpGet(where func() place) *cobra.Command {
	var o tftpOptions
	var output string
	c := a.command("get [flags] SERVER FILE", "tftp.get", func(c *cobra.Command, args []string) error {
		if output == "" {
			output = path.Base(args[1])
		}
		if output == "." || output == "/" {
			return usageError{fmt.Errorf("%q: say with -o what the file is to be called here", args[1])}
		}
		if output == "-" && o.asJSON {
			return usageError{errors.New("--json and -o - would both write to standard output")}
		}
		if err := o.prepare(a, c, where()); err != nil {
			return err
		}
		return a.getFile(c.Context(), &o, args[0], args[1], output)
	})
	c.Args = arguments(cobra.ExactArgs(2))
	o.flags(a, c)
	c.Flags().StringVarP(&output, "output", "o", "", a.say("flag.tftpoutput"))
	return c
}

func (a *app) getFile(ctx context.Context, o *tftpOptions, server, name, output string) error {
	get := func(w io.Writer) error {
		return a.report(o, name, func() (tftpc.Result, error) { return o.client.Get(ctx, o.server(server), name, w) })
	}
	if output == "-" {
		return get(a.out)
	}
	return writeFile(output, get)
}

// writeFile has write fill the file name, which keeps what it had until all of
// the new content is there. What is no regular file, as a terminal, is written
// to as it is.
func writeFile(name string, write func(io.Writer) error) (err error) {
	draft := name + ".part"
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		draft = name
	}
	file, err := os.Create(draft)
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Close())
	switch {
	case draft == name:
		return err
	case err != nil:
		os.Remove(draft)
		return err
	}
	return os.Rename(draft, name)
}

func (a *app) tftpPut(where func() place) *cobra.Command {
	var o tftpOptions
	c := a.command("put [flags] SERVER FILE [NAME]", "tftp.put", func(c *cobra.Command, args []string) error {
		local, name := args[1], arg(args, 2, filepath.Base(args[1]))
		if name == "-" {
			return usageError{errors.New("standard input has no name: write SERVER - NAME")}
		}
		if err := o.prepare(a, c, where()); err != nil {
			return err
		}
		return a.putFile(c.Context(), &o, args[0], local, name)
	})
	c.Args = arguments(cobra.RangeArgs(2, 3))
	o.flags(a, c)
	return c
}

func (a *app) putFile(ctx context.Context, o *tftpOptions, server, local, name string) error {
	file := a.in
	if local != "-" {
		var err error
		if file, err = os.Open(local); err != nil {
			return err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return &fs.PathError{Op: "put", Path: local, Err: errors.New("is a folder")}
		}
	}
	return a.report(o, name, func() (tftpc.Result, error) { return o.client.Put(ctx, o.server(server), name, file) })
}

// report shows how a transfer goes, and then how it went.
func (a *app) report(o *tftpOptions, name string, transfer func() (tftpc.Result, error)) error {
	line := a.newTransferLine()
	if !o.verbose {
		o.client.Progress = line.show
	}
	result, err := transfer()
	line.clear()
	if err != nil {
		return err
	}
	if o.asJSON {
		return json.NewEncoder(a.out).Encode(jsonTransfer(name, result))
	}
	fmt.Fprintln(a.err, a.say("tftp.done", "Name", name, "Bytes", result.Bytes, "Blocks", result.Blocks, "Resent", result.Resent,
		"Time", result.Took.Round(10*time.Microsecond), "Server", result.Server))
	return nil
}

// jsonTransfer is a transfer for programs.
func jsonTransfer(name string, r tftpc.Result) any {
	options := make(map[string]string)
	for _, option := range r.Options {
		options[option.Name] = option.Value
	}
	return struct {
		Name    string            `json:"name"`
		Server  string            `json:"server"`
		Bytes   int64             `json:"bytes"`
		Blocks  int64             `json:"blocks"`
		Resent  int               `json:"resent"`
		Took    time.Duration     `json:"took_ns"`
		Options map[string]string `json:"options"`
	}{name, r.Server.String(), r.Bytes, r.Blocks, r.Resent, r.Took, options}
}
