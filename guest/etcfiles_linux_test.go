package guest

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

const wantResolvConf = "search example.edu\nnameserver 10.1.0.1\n"

const wantHosts = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
10.1.0.5	alice.example.edu alice
2001:db8:1::5	alice.example.edu alice
10.1.0.1	router
`

func TestEtcFiles(t *testing.T) {
	needGuests(t)
	for _, without := range []bool{false, true} {
		noOverlay = without
		text, _ := output(t, host("sh", "-c", "cat /etc/resolv.conf /etc/hosts; grep ^hosts: /etc/nsswitch.conf; hostname; getent ahostsv4 router"))
		noOverlay = false
		if want := wantResolvConf + wantHosts + "hosts: files dns\nalice\n10.1.0.1"; !strings.HasPrefix(text, want) {
			t.Errorf("no overlay: %t:\n%s\nwant\n%s", without, text, want)
		}
	}
}

// A program trusts the authority of the LAN, and no other.
func TestAuthority(t *testing.T) {
	needGuests(t)
	for _, without := range []bool{false, true} {
		noOverlay = without
		c := host("sh", "-c", `cat "$SSL_CERT_FILE"`)
		c.Authority = []byte("a certificate\n")
		text, _ := output(t, c)
		noOverlay = false
		if _, err := os.Stat("/etc/" + debianTrust); err != nil && without {
			continue // nothing to mount over
		}
		if text != "a certificate\n" {
			t.Errorf("no overlay: %t: %q", without, text)
		}
	}
}

// What a DHCP client does: write a new file and rename it.
func TestResolvConfCanBeReplaced(t *testing.T) {
	needGuests(t)
	before, _ := os.ReadFile("/etc/resolv.conf")
	text, _ := output(t, host("sh", "-c", "echo nameserver 10.9.9.9 >/etc/resolv.conf.new && mv -f /etc/resolv.conf.new /etc/resolv.conf && cat /etc/resolv.conf"))
	if text != "nameserver 10.9.9.9\n" {
		t.Errorf("got %q", text)
	}
	if after, _ := os.ReadFile("/etc/resolv.conf"); string(after) != string(before) {
		t.Errorf("the system's own file has changed to %q", after)
	}
}

// The system's own DHCP client, and its leases, are out of a guest's reach.
func TestDirectoriesOfDHCPClients(t *testing.T) {
	needGuests(t)
	cmd := bash(t, `
		set -e
		mount --make-rprivate /
		mount -t tmpfs none /run
		mount -t tmpfs none /var/lib
		mkdir /run/dhcpcd /var/lib/dhcp
		touch /run/dhcpcd/sock /var/lib/dhcp/dhclient.leases
		run sh -c 'find /run/dhcpcd /var/lib/dhcp; echo mine | tee /var/lib/dhcp/dhclient.leases /run/dhcpcd/pid; ls /var/lib'
		cat /var/lib/dhcp/dhclient.leases
		ls /run/dhcpcd`)
	cmd.SysProcAttr = newMountNamespace()
	text, err := cmd.CombinedOutput()
	if want := "/run/dhcpcd\n/var/lib/dhcp\nmine\ndhcp\nsock\n"; err != nil || string(text) != want {
		t.Errorf("got %q, %v, want %q", text, err, want)
	}
}

func TestNsswitch(t *testing.T) {
	for _, test := range []struct{ system, want string }{
		{"", "hosts: files dns\n"},
		{"passwd: files\nhosts: mymachines resolve [!UNAVAIL=return] files dns\nrpc: db", "passwd: files\nrpc: db\nhosts: files dns\n"},
		{"  hosts: mdns4_minimal\n# hosts: none\n", "# hosts: none\nhosts: files dns\n"},
	} {
		if got := nsswitch(test.system); got != test.want {
			t.Errorf("of %q: %q, want %q", test.system, got, test.want)
		}
	}
}

// Systems differ in what their resolv.conf is. Each is built here in a mount
// namespace, over this system's /etc and /run.
func TestResolvConfOfOtherSystems(t *testing.T) {
	needGuests(t)
	for name, test := range map[string]struct{ system, noOverlay, want string }{
		"systemd-resolved": {
			"mkdir -p /run/systemd/resolve; echo nameserver 127.0.0.53 >/run/systemd/resolve/stub.conf; ln -s ../run/systemd/resolve/stub.conf /etc/resolv.conf",
			"", wantResolvConf + "0\n",
		},
		"systemd-resolved, without an overlay": {
			"mkdir -p /run/systemd/resolve; echo nameserver 127.0.0.53 >/run/systemd/resolve/stub.conf; ln -s ../run/systemd/resolve/stub.conf /etc/resolv.conf",
			"1", wantResolvConf,
		},
		"none":            {"true", "", wantResolvConf},
		"a dangling link": {"ln -s /no/where /etc/resolv.conf", "", wantResolvConf},
		"none, without an overlay": {
			"true", "1", "guest: mount over /etc/resolv.conf: no such file or directory",
		},
		"a resolver's sockets": {
			"mkdir -p /run/nscd /run/avahi-daemon; touch /run/nscd/socket /run/avahi-daemon/socket", "", wantResolvConf + "0\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := bash(t, `
				set -e
				mount --make-rprivate /
				mount -t tmpfs none /run
				mount -t tmpfs none /etc
				`+test.system+`
				run sh -c 'cat /etc/resolv.conf; for d in /run/systemd/resolve /run/nscd /run/avahi-daemon; do test ! -d $d || find $d -mindepth 1; done | wc -l'`)
			cmd.Env = append(cmd.Env, "NO_OVERLAY="+test.noOverlay)
			cmd.SysProcAttr = newMountNamespace()
			text, _ := cmd.CombinedOutput()
			if !strings.HasPrefix(string(text), test.want) {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

// newMountNamespace is one that its first process may mount in.
func newMountNamespace() *syscall.SysProcAttr {
	attr := newNamespaces()
	attr.Cloneflags &^= syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS
	return attr
}
