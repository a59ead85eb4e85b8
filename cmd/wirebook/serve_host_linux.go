package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/control"
)

// serveHost is one machine of the world.
func (o *classOptions) serveHost(ctx context.Context, a *app) error {
	m, err := o.member(a)
	if err != nil {
		return err
	}
	m.Name = o.host
	return o.beMember(ctx, m, nil)
}

func (o *classOptions) member(a *app) (*classroom.Member, error) {
	log, err := a.logger(o.level)
	if err != nil {
		return nil, err
	}
	if err := o.become(cabling.NetAdmin); err != nil {
		return nil, err
	}
	plan, err := loadWorld(o.world)
	if err != nil {
		return nil, err
	}
	state, err := o.stateRoot()
	if err != nil {
		return nil, err
	}
	return &classroom.Member{Plan: plan, Path: cableSocket(), State: state, Log: log}, nil
}

// become makes the process that of --user, with the privileges given. (Without
// --user it stays root, as on a workstation, whose user may do there what they like.)
func (o *classOptions) become(p cabling.Privilege) error {
	if o.user == 0 {
		return nil
	}
	return cabling.Become(o.user, p)
}

// beMember runs a member until ctx ends, or the program does.
func (o *classOptions) beMember(ctx context.Context, m *classroom.Member, program func(context.Context) error) error {
	defer m.Close()
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { serveSelf(ctx, memberHandler(m), m.Log) })
	ended := make(chan error, 1)
	if program != nil {
		wait.Go(func() { ended <- program(ctx); cancel() })
	}
	err := m.Run(ctx)
	if program == nil || ctx.Err() == nil {
		return err
	}
	return <-ended
}

// memberHandler answers the questions of other commands in the same container.
func memberHandler(m *classroom.Member) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, m.Report()) })
	mux.HandleFunc("POST /renew", func(w http.ResponseWriter, r *http.Request) {
		before := m.Lease()
		if err := m.Renew(); err != nil {
			control.Fail(w, http.StatusConflict, err)
			return
		}
		for {
			if now := m.Lease(); now != nil && (before == nil || now.Start.After(before.Start)) {
				control.Reply(w, now)
				return
			}
			select {
			case <-time.After(10 * time.Millisecond):
			case <-r.Context().Done():
				return
			}
		}
	})
	return mux
}

// serveNewcomer is a computer that is not in the plan, and a program on it: a shell,
// if there is a terminal and no program is named.
func (o *classOptions) serveNewcomer(ctx context.Context, a *app, words []string) error {
	m, err := o.member(a)
	if err != nil {
		return err
	}
	m.Name, m.Newcomer, m.Path = o.newcomer, true, seatSocket()
	if len(words) == 0 && term.IsTerminal(int(os.Stdin.Fd())) {
		words = []string{"bash", "-l"}
	}
	if len(words) > 0 && o.level == usualLog {
		if m.Log, err = a.logger("warn"); err != nil { // what the program prints is to be seen
			return err
		}
	}
	m.Trust = func(pem []byte) {
		if err := trust(pem); err != nil {
			m.Log.Warn("the authority of the class is not trusted here", "error", err)
		}
	}
	bound := make(chan struct{})
	var once sync.Once
	m.Leased = func(lease *dhcpc.Lease) {
		if err := resolveBy(lease); err != nil {
			m.Log.Warn("resolv.conf", "error", err)
		}
		once.Do(func() { close(bound) })
	}
	if len(words) == 0 {
		return o.beMember(ctx, m, nil)
	}
	return o.beMember(ctx, m, func(ctx context.Context) error {
		select {
		case <-bound:
		case <-ctx.Done():
			return nil
		}
		return runProgram(ctx, words)
	})
}

// resolveBy has the programs of this machine ask the name servers of a lease. The
// file is written in place: Docker has mounted it.
func resolveBy(lease *dhcpc.Lease) error {
	var text strings.Builder
	for _, addr := range lease.DNS {
		fmt.Fprintf(&text, "nameserver %s\n", addr)
	}
	if lease.Domain != "" {
		fmt.Fprintf(&text, "search %s\n", lease.Domain)
	}
	return os.WriteFile("/etc/resolv.conf", []byte(text.String()), 0o644)
}

// trusted is where OpenSSL and GnuTLS look for authorities on Debian.
const trusted = "/etc/ssl/certs/ca-certificates.crt"

// trust has the programs of this machine trust an authority, in PEM.
func trust(authority []byte) error {
	all, err := os.ReadFile(trusted)
	if err != nil || bytes.Contains(all, authority) {
		return err
	}
	return os.WriteFile(trusted, append(all, authority...), 0o644)
}

// runProgram runs a program in the foreground, and ends as it does.
func runProgram(ctx context.Context, words []string) error {
	program := exec.CommandContext(ctx, words[0], words[1:]...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	program.Cancel = func() error { return program.Process.Signal(syscall.SIGHUP) }
	program.WaitDelay = 3 * time.Second
	err := program.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() >= 0:
		return exitStatus(ended.ExitCode())
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return errors.Join(err, exitStatus(127))
	}
	return err
}
