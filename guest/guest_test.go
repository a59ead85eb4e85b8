package guest

import (
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestWrongConfigurations(t *testing.T) {
	right := Config{Args: []string{"true"}, Host: Host{Name: "alice.example.edu", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 5}, MTU: 1500}}
	if err := right.check(); err != nil {
		t.Errorf("nothing wrong, but %v", err)
	}
	for _, test := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Args = nil }, "no program"},
		{func(c *Config) { c.Name = "" }, "host name"},
		{func(c *Config) { c.Name = "a\n10.1.0.1 www" }, "host name"},
		{func(c *Config) { c.Name = strings.Repeat("a", 64) + ".edu" }, "host name"},
		{func(c *Config) { c.MAC = c.MAC[:5] }, "MAC address"},
		{func(c *Config) { c.MTU = 67 }, "MTU"},
		{func(c *Config) { c.MTU = 65522 }, "MTU"},
	} {
		c := right
		test.change(&c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error %v, want one about %q", err, test.want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	own := []string{"HTTP_PROXY=http://10.9.9.9", "https_proxy=x", "No_Proxy=y", "WIREBOOK_HOST=bob", "PROXY=kept", "PWD=/tmp"}
	for _, test := range []struct {
		c    Config
		want []string
	}{
		{Config{}, []string{"PROXY=kept", "PWD=/tmp"}},
		{Config{Dir: "/usr"}, []string{"PROXY=kept", "PWD=/tmp", "PWD=/usr"}},
		{Config{Env: []string{"A=1", "all_proxy=z"}}, []string{"A=1"}},
		{Config{Env: []string{}}, []string{}},
	} {
		test.c.Name = "alice"
		if got := environment(test.c, own); !slices.Equal(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		status Status
		code   int
		text   string
	}{
		{Status{}, 0, "exit status 0"},
		{Status{Code: 3}, 3, "exit status 3"},
		{Status{Signal: syscall.SIGKILL}, 137, "ended by signal: killed"},
	} {
		if test.status.ExitCode() != test.code || test.status.String() != test.text {
			t.Errorf("%+v: %d, %s", test.status, test.status.ExitCode(), test.status)
		}
	}
}
