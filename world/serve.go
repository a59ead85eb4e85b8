package world

import (
	"context"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/supervise"
)

// service is the section of one server in a world file, read and checked.
type service interface {
	// ports are those that the server listens on.
	ports() []Port

	// server makes the server for a host of the world.
	server(w *World, h *Host) (supervise.Server, error)
}

// kinds are the servers that a host can have: a new one is a line here and a
// file serve_<kind>.go.
var kinds = map[string]func(*draft, *yaml.Node) service{
	"dhcp": readDHCP,
	"dns":  readDNS,
	"ftp":  readFTP,
	"http": readHTTP,
	"imap": readIMAP,
	"pop3": readPOP3,
	"smtp": readSMTP,
	"tftp": readTFTP,
}

// routerService is the section of one server of a router.
type routerService interface {
	ports() []Port

	// routerServer makes the server for a router of the world.
	routerServer(w *World, r *Router) (supervise.Server, error)
}

// routerKinds are the servers that a router can have.
var routerKinds = map[string]func(*draft, *Router, *yaml.Node) routerService{
	"dhcp":  readRouterDHCP,
	"relay": readRelay,
}

func kindNames() []string { return slices.Collect(maps.Keys(kinds)) }

// perRun is a server that is made anew each time it is started.
type perRun func() supervise.Server

func (make perRun) Serve(ctx context.Context, nw netx.Network) error { return make().Serve(ctx, nw) }
