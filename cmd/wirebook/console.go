package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/world"
)

// pageOptions are the flags of the page in the browser.
type pageOptions struct {
	address string // "": the usual one, or any that is free; "none"
	share   string // "": nobody
	open    bool
	demos   []string // files of the user's own, beside those that come with us
	anybody bool     // every user of this computer may use it
}

// usualPage is where the page is, unless another program is.
const usualPage = "127.0.0.1:10000"

// noPage is the value of --console for none.
const noPage = "none"

func (o *pageOptions) flags(a *app, c *cobra.Command) {
	c.Flags().StringVar(&o.address, "console", "", a.say("flag.console"))
	c.Flags().StringVar(&o.share, "share", "", a.say("flag.share"))
	c.Flags().StringArrayVar(&o.demos, "demo", nil, a.say("flag.demo"))
	c.Flags().BoolVar(&o.anybody, "console-anybody", false, a.say("flag.console.anybody"))
	c.Flags().BoolVar(&o.open, "open", false, a.say("flag.open"))
}

// served is the page of a world, for as long as that runs.
type served struct {
	page    *console.Page
	servers []*http.Server
	work    sync.WaitGroup

	address string // of the page
	shared  string // of those who look on, with its token
}

// servePages serves the page of a world as the flags ask.
func (a *app) servePages(o pageOptions, w *world.World, c *clock.Movable) (*served, error) {
	s := &served{}
	if o.address == noPage && o.share == "" {
		return s, nil
	}
	demos, err := a.playbill(o.demos)
	if err != nil {
		return nil, err
	}
	var own, shared net.Listener
	if o.address != noPage {
		if own, err = listenForPage(o.address); err != nil {
			return nil, err
		}
	}
	if o.share != "" {
		if shared, err = net.Listen("tcp", o.share); err != nil {
			err = fmt.Errorf("--share %s: %w", o.share, err)
			if own != nil {
				err = errors.Join(err, own.Close())
			}
			return nil, err
		}
	}
	options := console.ForWorld(w, c)
	options.CommandLine = commandLine{w}
	options.Demos = demos
	s.page = console.New(options)
	if own != nil {
		s.address = "http://" + own.Addr().String() + "/"
		s.serve(own, console.Access{OwnUser: !o.anybody})
	}
	if shared != nil {
		token := strings.ToLower(rand.Text())[:16]
		s.shared = "http://" + reachable(shared.Addr()) + "/?token=" + token
		name, _ := os.Hostname()
		s.serve(shared, console.Access{ReadOnly: true, Token: token, Names: []string{name, name + ".local"}})
	}
	return s, nil
}

// listenForPage opens the page's port: the one that was asked for, or the usual one,
// or any, if another program has that.
func listenForPage(address string) (net.Listener, error) {
	if address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("--console %s: %w", address, err)
		}
		if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
			return nil, usageError{errors.Join(fmt.Errorf("--console %s: who reaches the page can change everything; "+
				"write an address of this machine only, such as %s, and use --share for others", address, usualPage), l.Close())}
		}
		return l, nil
	}
	if l, err := net.Listen("tcp", usualPage); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// reachable is an address under which others find a listener.
func reachable(a net.Addr) string {
	tcp := a.(*net.TCPAddr)
	if !tcp.IP.IsUnspecified() {
		return tcp.String()
	}
	all, _ := net.InterfaceAddrs()
	for _, own := range all {
		if n, ok := own.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return fmt.Sprintf("%s:%d", n.IP, tcp.Port)
		}
	}
	return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
}

func (s *served) serve(l net.Listener, access console.Access) {
	server := pageServer(s.page.Handler(access))
	server.ConnContext = console.ConnContext
	s.servers = append(s.servers, server)
	s.work.Go(func() { _ = server.Serve(l) }) // until it is closed
}

// pageServer is a server of the page, whose requests are short, and whose answers may
// be long.
func pageServer(handler http.Handler) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}

// Close ends the pages.
func (s *served) Close() {
	if s.page == nil {
		return
	}
	for _, server := range s.servers {
		server.Close()
	}
	s.page.Close()
	s.work.Wait()
}

// announcePage says where the page is, and opens it if that is asked for.
func (a *app) announcePage(ctx context.Context, s *served, o pageOptions) {
	if s.address != "" || s.shared != "" {
		fmt.Fprintln(a.out)
	}
	if s.address != "" {
		a.println("up.console", "Address", s.address)
	}
	if s.shared != "" {
		a.println("up.shared", "Address", s.shared)
	}
	if !o.open || s.address == "" {
		return
	}
	if err := openBrowser(ctx, s.address); err != nil {
		fmt.Fprintln(a.err, "wirebook:", a.say("up.nobrowser", "Error", err))
	}
}

// openBrowser shows a page in the user's browser.
func openBrowser(ctx context.Context, address string) error {
	program, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		program = "open"
	case "windows":
		program, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	open := exec.CommandContext(ctx, program, args...)
	if err := open.Start(); err != nil {
		return err
	}
	go func() { _ = open.Wait() }()
	return nil
}
