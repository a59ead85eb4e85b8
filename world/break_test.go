package world

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/supervise"
)

func (w *World) cable(t *testing.T, name string) Cable {
	t.Helper()
	all := w.Cables()
	i := slices.IndexFunc(all, func(c Cable) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("no cable %s among %+v", name, all)
	}
	return all[i]
}

func TestCablesAreMadeBadAndGood(t *testing.T) {
	w, now := inspected(t)
	bad := internet.Faults{Delay: 50 * time.Millisecond, Loss: 0.1}
	if err := w.Internet.Link("bob").SetFaults(internet.FromB, bad); err != nil {
		t.Fatal(err)
	}
	if c := w.cable(t, "bob"); c.From != "bob" || c.To != "campus" || c.Kind != "host" || !c.Plugged ||
		c.Words != [2]string{"", "loss=0.1,delay=50ms"} || c.In.Delay != bad.Delay || c.Out.Loss != 0 {
		t.Errorf("%+v", c)
	}
	if err := w.SetFaults("bob", internet.Faults{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Unplug("gw-core"); err != nil {
		t.Fatal(err)
	}
	if c := w.cable(t, "gw-core"); c.Plugged || c.Kind != "router" {
		t.Errorf("unplugged: %+v", c)
	}
	dialed := make(chan error, 1)
	go func() {
		conn, err := w.Host("bob").DialContext(t.Context(), "tcp", "203.0.113.80:80")
		if err == nil {
			conn.Close()
		}
		dialed <- err
	}()
	until(t, "the SYN is on its way", func() bool {
		return slices.ContainsFunc(w.open(t, "bob").Sockets, func(s internet.Socket) bool { return s.State == "SYN-SENT" })
	})
	if err := w.Plug("gw-core"); err != nil {
		t.Fatal(err)
	}
	now.Skip(2 * time.Second) // it is sent again
	if err := <-dialed; err != nil {
		t.Errorf("plugged in again: %v", err)
	}
}

func TestNATHelperIsTurnedOnAndOff(t *testing.T) {
	w := startHome(t)
	for _, on := range []bool{false, true} {
		if err := w.SetNATHelper("fritz", on); err != nil {
			t.Fatal(err)
		}
		if nat := w.open(t, "fritz").NAT; !nat.On || nat.Helper != on {
			t.Errorf("the helper is %v: %+v", on, nat)
		}
	}
	if err := w.SetNAT("fritz", false); err != nil {
		t.Fatal(err)
	}
	if nat := w.open(t, "fritz").NAT; nat.On || nat.Mappings != nil {
		t.Errorf("off: %+v", nat)
	}
}

func TestServersAreStoppedAndStarted(t *testing.T) {
	w, _ := inspected(t)
	if err := w.StopServer("www", "http"); err != nil {
		t.Fatal(err)
	}
	if s := w.open(t, "www").Servers[0]; s.State != supervise.Stopped {
		t.Errorf("stopped: %+v", s)
	}
	if err := w.StartServer(t.Context(), "www", "http"); err != nil {
		t.Fatal(err)
	}
	get(t, w.Host("bob"), "http://www.example.com/")
}

// Who writes a wrong name is told what to write.
func TestBreakingWhatThereIsNot(t *testing.T) {
	w := startHome(t)
	if err := w.SetNAT("fritz", false); err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		`there is no link "pcc"; write "pc"`:               w.Unplug("pcc"),
		`there is no link "xyzzy"; there is fritz-core`:    w.Plug("xyzzy"),
		`there is no link "naz"; write "nas"`:              w.SetFaults("naz", internet.Faults{}),
		`loss=2: a probability is from 0 to 1`:             w.SetFaults("nas", internet.Faults{Loss: 2}),
		`there is no router "frits"`:                       w.SetNATHelper("frits", true),
		`router isp has no nat:`:                           w.SetNATHelper("isp", true),
		`fritz does not translate addresses now`:           w.SetNATHelper("fritz", true),
		`there is no server "www/https"; write "www/http"`: w.KillServer("www", "https"),
		`there is no server "wwww/http"; write "www/http"`: w.StopServer("wwww", "http"),
		`there is no server "www/http3"; write "www/http"`: w.StartServer(t.Context(), "www", "http3"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := w.Unplug("xyzzy"); !errors.Is(err, ErrNoLink) {
		t.Error(err)
	}
}
