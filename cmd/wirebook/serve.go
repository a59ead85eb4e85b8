package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/dnsd"
	"github.com/wirebook/wirebook/servers/httpd"
	"github.com/wirebook/wirebook/supervise"
)

func init() {
	example("serve",
		"wirebook serve http ~/my-site",
		"wirebook serve dns --listen 127.0.0.1:5353 example.com=zones/example.com.zone",
		"wirebook serve --host www --world my-world/world.yaml")
	example("serve.http", "wirebook serve http --listen 127.0.0.1:8080 ~/my-site")
	example("serve.dns", "wirebook serve dns --listen 127.0.0.1:5353 example.com=zones/example.com.zone")
}

func serveCommand(a *app) *cobra.Command {
	c := a.verbs("serve", "serve")
	c.GroupID = "world"
	a.serveParts(c)
	c.AddCommand(a.serveHTTP(), a.serveDNS(), a.serveFTP(), a.serveTFTP())
	return c
}

func (a *app) serveHTTP() *cobra.Command {
	var listen string
	var listing bool
	c := a.command("http [flags] DIR", "serve.http", func(c *cobra.Command, args []string) error {
		return a.serve(c.Context(), &httpd.Server{Addr: listen, Root: args[0], Listing: listing}, listen)
	})
	c.Args = arguments(cobra.ExactArgs(1))
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", a.say("flag.listen"))
	c.Flags().BoolVar(&listing, "listing", false, a.say("flag.listing"))
	return c
}

func (a *app) serveDNS() *cobra.Command {
	var listen string
	var transfer []string
	c := a.command("dns [flags] ZONE=FILE…", "serve.dns", func(c *cobra.Command, args []string) error {
		authority := &dnsd.Authority{}
		for _, text := range transfer {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return usageError{fmt.Errorf("--transfer %s: write it like 192.0.2.0/24", text)}
			}
			authority.AllowTransfer = append(authority.AllowTransfer, prefix)
		}
		for _, arg := range args {
			origin, file, ok := strings.Cut(arg, "=")
			if !ok {
				return usageError{fmt.Errorf("%q: write ZONE=FILE, as in example.com=example.com.zone", arg)}
			}
			zone, err := dnsd.LoadZone(os.DirFS(filepath.Dir(file)), filepath.Base(file), origin)
			if err != nil {
				return err
			}
			authority.AddZone(zone)
		}
		return a.serve(c.Context(), &dnsd.Server{Addr: listen, Role: authority}, listen)
	})
	c.Args = arguments(cobra.MinimumNArgs(1))
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:5353", a.say("flag.listen"))
	c.Flags().StringArrayVar(&transfer, "transfer", nil, a.say("flag.transfer"))
	return c
}

// serve runs one server on this machine's network until Ctrl-C.
func (a *app) serve(ctx context.Context, server supervise.Server, address string) error {
	fmt.Fprintln(a.err, a.say("serve.listening", "Address", address))
	return server.Serve(ctx, netx.OS{})
}
