package world

import (
	"sync"

	"github.com/wirebook/wirebook/servers/dnsd"
	"github.com/wirebook/wirebook/servers/dnsd/resolver"
	"github.com/wirebook/wirebook/servers/ftpd"
	"github.com/wirebook/wirebook/servers/tftpd"
)

// insides are where servers are asked what they hold at the moment, by host. (Of
// the DHCP and mail servers the world knows it anyway.)
type insides struct {
	mu          sync.Mutex
	resolvers   map[string]*resolver.Resolver
	authorities map[string]*dnsd.Authority
	ftp         map[string]*ftpd.Sessions
	tftp        map[string]*tftpd.Transfers
}

// keep enters the newest T of a host: a server that was started again is another.
func keep[T any](i *insides, all *map[string]*T, host string, one *T) *T {
	i.mu.Lock()
	defer i.mu.Unlock()
	if *all == nil {
		*all = make(map[string]*T)
	}
	(*all)[host] = one
	return one
}

// find is what keep has entered, or nil.
func find[T any](i *insides, all *map[string]*T, host string) *T {
	i.mu.Lock()
	defer i.mu.Unlock()
	return (*all)[host]
}
