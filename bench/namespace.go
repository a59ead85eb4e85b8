package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// loopback makes a network namespace that has no card but the loopback. There, no
// firewall rules of this machine cost time, nor thousands of connections of the
// measurement before, which are in TIME-WAIT still and make a free port hard to
// find. Without root there is none, and the name is empty.
func loopback() (namespace string, remove func(), err error) {
	if _, err := exec.LookPath("ip"); err != nil || os.Getuid() != 0 {
		return "", func() {}, nil
	}
	namespace = "wb-bench-" + strconv.Itoa(os.Getpid())
	remove = func() { exec.Command("ip", "netns", "del", namespace).Run() }
	for _, args := range [][]string{
		{"netns", "add", namespace},
		{"-n", namespace, "link", "set", "lo", "up"},
		// Without another address than 127.0.0.1, tftpd-hpa takes the host to have
		// no IPv4 at all (AI_ADDRCONFIG, getaddrinfo(3)).
		{"-n", namespace, "addr", "add", "192.0.2.1/32", "dev", "lo"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			remove()
			return "", nil, fmt.Errorf("ip %v: %w\n%s", args, err, out)
		}
	}
	return namespace, remove, nil
}

// within is cmd inside a namespace; an empty one is where we are.
func within(ctx context.Context, namespace string, cmd *exec.Cmd) *exec.Cmd {
	if namespace == "" {
		return cmd
	}
	inside := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", namespace}, cmd.Args...)...)
	inside.Env = cmd.Env
	return inside
}
