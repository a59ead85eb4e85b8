package guest

import (
	"context"
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

	// Join, if it is not nil, says in place of Host what host to be. It is
	// called while the kernel makes the namespaces and may take its time: to
	// find a world, or to start one.
	Join func(ctx context.Context) (Host, error)

	// Args is the program and its arguments. The program is looked up in
	// PATH as a shell would do it.
	Args []string

	// Dir is where the program starts; "" means this process's directory.
	Dir string

	// Env is the program's environment; nil means this process's. Proxy
	// settings are taken out of it, since the proxy they name is not on the
	// guest's network, and WIREBOOK_HOST is set to the host's name.
	Env []string

	// Stdin, Stdout and Stderr are the program's own. An *os.File is handed
	// over as it is, so that a terminal stays a terminal; another Writer is
	// written through a pipe; nil is /dev/null. Of a pipe that is given as
	// Stdin, close the end to read from once Start has returned, or it is not
	// noticed that the program has ended.
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

	// Limits, if not nil, are what the program may use of the machine.
	Limits *Limits

	// Sandbox, if not nil, keeps the program from changing the machine.
	Sandbox *Sandbox
}

// Host is what the guest is on its LAN: its name, its network card, and the
// configuration that it has from the start.
type Host struct {
	// Name is the host's name. Of a name with dots `hostname` says the first
	// label inside; /etc/hosts has it whole.
	Name string

	// MAC is the address of the network card; nil lets the kernel choose.
	MAC net.HardwareAddr

	// CardNames are further names of the card, beside eth0: what programs have in
	// their source that were written on other machines (ip-link(8), altname).
	CardNames []string

	// MTU is the card's, in bytes; 0 means 1500.
	MTU int

	// Addressing is what the card has from the start; see [Guest.Configure]
	// for what it gets later.
	Addressing

	// Resolver and Search go into the program's /etc/resolv.conf.
	Resolver []netip.Addr
	Search   []string

	// Authority is the certificate, in PEM, of the authority that the program is
	// to trust. It is shown in place of those that the system trusts, which is
	// right for a host that can reach no other servers. nil: the system's.
	Authority []byte

	// Hosts are further lines for the program's /etc/hosts.
	Hosts map[string]netip.Addr

	// Self, if it is valid, is what /etc/hosts says for the host's own name in
	// place of its addresses: a client that asks for the address of
	// gethostname(), to find the server beside it, is led there.
	Self netip.Addr

	// Loopback says where 127.0.0.1 is.
	Loopback LoopbackMode
}

// Addressing is how a card takes part in IP: what DHCP gives to a host.
type Addressing struct {
	// Addrs are the card's addresses, each with the prefix of its LAN. With
	// none the card is up and has only its IPv6 link-local address.
	Addrs []netip.Prefix

	// Gateways are the default routers, at most one for each IP version; 0.0.0.0
	// is none, on a link where everybody is, as before DHCP.
	Gateways []netip.Addr
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

	// Exceeded is which of its [Limits] it was ended for: memory, processes,
	// threads, cpu, file size; or "".
	Exceeded string
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
	if s.Exceeded != "" {
		return "ended for exceeding its limit: " + s.Exceeded
	}
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
// the proxies that are out of reach inside, and without what a sandbox hides.
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
		case "tmpdir", "xdg_runtime_dir":
			return c.Sandbox != nil
		}
		return false
	})
	if c.Dir != "" {
		env = append(env, "PWD="+c.Dir)
	}
	return env
}

func (c Config) check() error {
	if len(c.Args) == 0 {
		return fmt.Errorf("guest: no program to run")
	}
	if c.Join != nil {
		return nil
	}
	return c.Host.check()
}

func (h Host) check() error {
	if !isHostName(h.Name) {
		return fmt.Errorf("guest: %q is no host name: it needs parts of 1 to 63 letters, digits and hyphens, with dots between", h.Name)
	}
	if h.MAC != nil && len(h.MAC) != 6 {
		return fmt.Errorf("guest: MAC address %s: an Ethernet card's has 6 bytes", h.MAC)
	}
	if h.MTU != 0 && (h.MTU < 68 || h.MTU > 65521) {
		return fmt.Errorf("guest: MTU %d: must be from 68 to 65521", h.MTU)
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
