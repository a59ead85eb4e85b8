package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/clients/dhcpc"
	"github.com/wirebook/wirebook/control"
)

// selfSocket is where the process of a container answers to commands in the same
// container: an abstract address (unix(7)), which is known in one network namespace
// only, and needs no file.
const selfSocket = "@wirebook"

// serveSelf answers until ctx ends.
func serveSelf(ctx context.Context, handler http.Handler, log *slog.Logger) {
	ln, err := net.Listen("unix", selfSocket)
	if err == nil {
		err = control.Serve(ctx, ln, handler)
	}
	if err != nil {
		log.Error("commands in this container are not heard", "error", err)
	}
}

// askSelf asks the process of this container.
func askSelf(ctx context.Context, method, path string, reply any) error {
	client := http.Client{
		Timeout: 20 * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", selfSocket)
		}},
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://self"+path, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("nobody answers here: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(string(bytes.TrimSpace(body)))
	}
	return json.Unmarshal(body, reply)
}

// askHealth is the health check of a container: exit code 0 if all is well.
func (o *classOptions) askHealth(ctx context.Context, a *app) error {
	var report classroom.Report
	if err := askSelf(ctx, http.MethodGet, "/report", &report); err != nil {
		return err
	}
	if report.Ill != "" {
		return errors.New(report.Ill)
	}
	a.println("class.healthy")
	return nil
}

// askWhole asks the switches which machines are missing, or not well.
func (o *classOptions) askWhole(ctx context.Context, a *app) error {
	if err := os.Setenv("XDG_RUNTIME_DIR", classDir()); err != nil {
		return err
	}
	r, err := a.findRunning("")
	if err != nil {
		return err
	}
	defer r.Close()
	var absent map[string]string
	if err := r.Call(ctx, http.MethodGet, "/absent", nil, &absent); err != nil {
		return err
	}
	if len(absent) == 0 {
		a.println("class.healthy")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(absent)) {
		fmt.Fprintf(a.out, "%s: %s\n", name, absent[name])
	}
	return exitStatus(exitFailure)
}

// askRenewal has the DHCP client of this container ask for its address anew.
func (o *classOptions) askRenewal(ctx context.Context, a *app) error {
	var lease dhcpc.Lease
	if err := askSelf(ctx, http.MethodPost, "/renew", &lease); err != nil {
		return err
	}
	a.println("class.renewed", "Address", lease.Addr.Addr(), "Server", lease.Server, "Time", lease.Duration)
	return nil
}
