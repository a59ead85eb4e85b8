package guest

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Config says what to run, and as which host.
type Config struct {
	Host

	// Args is the program and its arguments. The program is looked up in
	// PATH as a shell would do it.
	Args []string

	// Dir is where the program starts; "" means this process's directory.
	Dir string

	// Env is the program's environment; nil means this process's. Proxy
	// settings are taken out of it, since the proxy they name is not on the
	// guest's network, and WIREBOOK_HOST is set to Name.
	Env []string

	// Stdin, Stdout and Stderr are the program's own. An *os.File is handed
	// over as it is, so that a terminal stays a terminal; another Writer is
	// written through a pipe; nil is /dev/null.
	Stdin          *os.File
	Stdout, Stderr io.Writer

	// Foreground says that the program stands in for this process, as in
	// `wirebook run`: while it runs, SIGINT, SIGQUIT, SIGTERM, SIGHUP,
	// SIGUSR1 and SIGUSR2 are the program's and no longer end this process,
	// and the terminal comes back to this process when the program ends.
	// At most one guest of a process can be so. Another signal.Notify of this
	// process hears them as well: it should not make of SIGINT its own end.
	Foreground bool

	// Job gives the program a process group of its own in the foreground of
	// the terminal, as a shell gives each of its jobs. It is meant for
	// interactive shells (`wirebook shell`). Without it the program stays in
	// this process's group, so that it can be a part of a pipeline.
	Job bool
}

// Host is what the guest is on its LAN: its name, its network card, and its
// static configuration.
type Host struct {
	// Name is the host's name. Of a name with dots `hostname` says the first
	// label inside; /etc/hosts has it whole.
	Name string

	// MAC is the address of the network card; nil lets the kernel choose.
	MAC net.HardwareAddr

	// MTU is the card's, in bytes; 0 means 1500.
	MTU int

	// Addrs are the card's addresses, each with the prefix of its LAN. With
	// none the card is up and has only its IPv6 link-local address.
	Addrs []netip.Prefix

	// Gateways are the default routers, at most one for each IP version.
	Gateways []netip.Addr

	// Resolver and Search go into the program's /etc/resolv.conf.
	Resolver []netip.Addr
	Search   []string

	// Hosts are further lines for the program's /etc/hosts.
	Hosts map[string]netip.Addr
}

// label is the first part of the host's name.
func (h Host) label() string {
	label, _, _ := strings.Cut(h.Name, ".")
	return label
}

// Status is how a program ended.
type Status struct {
	Code   int            // what it gave to exit; 0 when a signal ended it
	Signal syscall.Signal // the signal that ended it, or 0
}

// ExitCode is what a shell makes of the status: the code, or 128 and the
// number of the signal.
func (s Status) ExitCode() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Code
}

func (s Status) String() string {
	if s.Signal != 0 {
		return "ended by signal: " + s.Signal.String()
	}
	return fmt.Sprintf("exit status %d", s.Code)
}

// A ProgramError says that the host was there but the program could not be
// started on it.
type ProgramError struct {
	Program string
	Code    int // what a shell would exit with: 127 not found, 126 not executable
	Reason  string
}

func (e *ProgramError) Error() string { return e.Program + ": " + e.Reason }

// environment is the program's: c.Env, or else what this process has, without
// the proxies that are out of reach inside.
func environment(c Config, own []string) []string {
	env := c.Env
	if env == nil {
		env = own
	}
	env = slices.DeleteFunc(slices.Clone(env), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		switch strings.ToLower(name) {
		case "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "wirebook_host":
			return true
		}
		return false
	})
	if c.Dir != "" {
		env = append(env, "PWD="+c.Dir)
	}
	return append(env, "WIREBOOK_HOST="+c.Name)
}

func (c Config) check() error {
	if len(c.Args) == 0 {
		return fmt.Errorf("guest: no program to run")
	}
	if !isHostName(c.Name) {
		return fmt.Errorf("guest: %q is no host name: it needs parts of 1 to 63 letters, digits and hyphens, with dots between", c.Name)
	}
	if c.MAC != nil && len(c.MAC) != 6 {
		return fmt.Errorf("guest: MAC address %s: an Ethernet card's has 6 bytes", c.MAC)
	}
	if c.MTU != 0 && (c.MTU < 68 || c.MTU > 65521) {
		return fmt.Errorf("guest: MTU %d: must be from 68 to 65521", c.MTU)
	}
	return nil
}

// isHostName checks the syntax of RFC 1123 §2.1, so that no name can write
// more into /etc/hosts than itself.
func isHostName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if len(label) < 1 || len(label) > 63 {
			return false
		}
		for _, r := range label {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", r) {
				return false
			}
		}
	}
	return true
}
