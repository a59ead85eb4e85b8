package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// benchWorld compares how long it takes from nothing to a program that has run
// on a network, with the network taken down again: Wirebook's whole default
// world, and two hosts of Debian's Mininet, which makes each of a
// process and a network namespace of the kernel's.
func benchWorld(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-world-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	wirebook := filepath.Join(dir, "wirebook")
	build := exec.CommandContext(ctx, "go", "build", "-o", wirebook, "./cmd/wirebook")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	contenders := []*contender{{name: "wirebook, the default world", args: []string{wirebook, "run", "--seed", "1", "--", "true"}}}
	peers, err := mininets(dir)
	if err != nil {
		fmt.Println("Mininet skipped:", err)
	}
	contenders = append(contenders, peers...)

	const rounds = 11
	for round := range rounds + 1 {
		for _, c := range contenders { // by turns, so that a busy moment of the machine meets all
			took, err := c.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 { // the first is to warm up
				c.seconds = append(c.seconds, took.Seconds())
			}
		}
	}
	fmt.Println("from nothing to `true` done, and nothing left")
	ours := median(contenders[0].seconds)
	for i, c := range contenders {
		line := fmt.Sprintf("  %-40s %7.0f ms", c.name, 1000*median(c.seconds))
		if i > 0 {
			line += fmt.Sprintf("  wirebook is %.1f × faster", median(c.seconds)/ours)
		}
		fmt.Println(line)
	}
	return nil
}

type contender struct {
	name    string
	args    []string
	seconds []float64
}

func (c *contender) run(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	out, err := exec.CommandContext(ctx, c.args[0], c.args[1:]...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	return time.Since(begin), nil
}

// mininetProgram uses Mininet in the quickest way that it has: by its own
// Python, not by mn, and without a controller.
const mininetProgram = `import sys
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
net = Mininet(controller=None)
h1, h2 = net.addHost("h1"), net.addHost("h2")
if sys.argv[1] == "cable":
    net.addLink(h1, h2)
else:
    s1 = net.addSwitch("s1", cls=LinuxBridge)
    net.addLink(h1, s1)
    net.addLink(h2, s1)
net.start()
h1.cmd("true")
net.stop()
`

// mininets are Mininet with two hosts on a cable, and on a switch, where it can
// run: as root, with the Debian packages mininet and bridge-utils.
func mininets(dir string) ([]*contender, error) {
	// Debian's Python has Debian's modules; another one in PATH has not.
	const python = "/usr/bin/python3"
	program := filepath.Join(dir, "two_hosts.py")
	switch {
	case os.Getuid() != 0:
		return nil, errors.New("it needs root")
	case exec.Command(python, "-c", "import mininet").Run() != nil:
		return nil, errors.New("apt-get install mininet")
	}
	if err := os.WriteFile(program, []byte(mininetProgram), 0o644); err != nil {
		return nil, err
	}
	peers := []*contender{{name: "Mininet, 2 hosts and a cable", args: []string{python, program, "cable"}}}
	if _, err := exec.LookPath("brctl"); err != nil {
		fmt.Println("Mininet with a switch skipped: apt-get install bridge-utils")
		return peers, nil
	}
	return append(peers, &contender{name: "Mininet, 2 hosts and a switch", args: []string{python, program, "switch"}}), nil
}
