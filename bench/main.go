// Bench measures Wirebook's servers beside those that the world uses, in one
// run on one machine, and prints the ratios: absolute figures say more about
// the machine than about the program.
//
//	go run ./bench          # everything
//	go run ./bench http     # one suite
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
)

// suite is one group of measurements. It prints its own table, and says which
// peers were missing instead of failing.
type suite struct {
	name string
	run  func(ctx context.Context) error
}

// suites are in the order of the book's chapters; each has a file of its name.
var suites = []suite{
	{"http", benchHTTP},
	{"dns", benchDNS},
	{"dhcp", benchDHCP},
	{"ftp", benchFTP},
	{"tftp", benchTFTP},
	{"smtp", benchSMTP},
	{"pop3", benchPOP3},
	{"internet", benchInternet},
	{"world", benchWorld},
	{"page", benchPage},
}

// children are the servers that are measured: this program runs itself once more
// with one of these names as its first argument, so that a server has a process
// of its own, as its peers do.
var children = map[string]func(ctx context.Context, args []string) error{
	"http-wirebook": serveWirebook,
	"http-go":       serveGo,
	"http-download": downloadAgain,
	"dns-authority": serveAuthority,
	"dhcp-wirebook": serveDHCP,
	"dhcp-load":     askForLeases,
	"ftp-wirebook":  serveFTP,
	"ftp-load":      loadFTP,
	"pop3-wirebook": servePOP3,
	"pop3-load":     loadPOP3,
	"smtp-wirebook": serveSMTP,
	"smtp-load":     loadSMTP,
	"tftp-wirebook": serveTFTP,
	"tftp-load":     loadTFTP,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 && children[os.Args[1]] != nil {
		if err := children[os.Args[1]](ctx, os.Args[2:]); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", os.Args[1], err)
			os.Exit(1)
		}
		return
	}
	chosen := os.Args[1:]
	for _, s := range suites {
		if len(chosen) > 0 && !slices.Contains(chosen, s.name) {
			continue
		}
		fmt.Printf("== %s\n", s.name)
		if err := s.run(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", s.name, err)
			os.Exit(1)
		}
	}
}
