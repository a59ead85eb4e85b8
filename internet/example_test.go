package internet_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/netip"

	"github.com/wirebook/wirebook/internet"
)

// Two hosts on a switch: bob listens on port 80, alice calls him by name.
func Example() {
	in := internet.New(internet.Config{})
	defer in.Close()
	lan, err := in.AddSwitch("lan")
	if err != nil {
		log.Fatal(err)
	}
	connect := func(name, address string) *internet.Host {
		h, err := in.AddHost(name)
		if err != nil {
			log.Fatal(err)
		}
		card := internet.CardConfig{Addrs: []netip.Prefix{netip.MustParsePrefix(address)}}
		if _, err := h.Connect(lan, card); err != nil {
			log.Fatal(err)
		}
		return h
	}
	alice, bob := connect("alice", "192.0.2.1/24"), connect("bob", "192.0.2.2/24")
	alice.SetLookup(func(context.Context, string) ([]netip.Addr, error) {
		return bob.Addresses(), nil // the world asks its DNS here
	})

	ctx := context.Background()
	listener, err := bob.Listen(ctx, "tcp", ":80")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		io.WriteString(conn, "hello")
		conn.Close()
	}()
	conn, err := alice.DialContext(ctx, "tcp", "bob.example:80")
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	said, err := io.ReadAll(conn)
	fmt.Printf("%s: %s %v\n", conn.RemoteAddr(), said, err)
	// Output: 192.0.2.2:80: hello <nil>
}

// A cable that loses its second frame and holds the others for 50 ms.
func ExampleLink_SetFaults() {
	in := internet.New(internet.Config{Seed: 7})
	defer in.Close()
	lan, _ := in.AddSwitch("lan")
	alice, _ := in.AddHost("alice")
	if _, err := alice.Connect(lan, internet.CardConfig{}); err != nil {
		log.Fatal(err)
	}
	faults, err := internet.ParseFaults("delay=50ms,drop=2")
	if err != nil {
		log.Fatal(err)
	}
	if err := in.Link("alice").SetFaults(internet.FromA, faults); err != nil {
		log.Fatal(err)
	}
	fmt.Println(in.Link("alice").Faults(internet.FromA))
	_, err = internet.ParseFaults("loss=130%")
	fmt.Println(err)
	// Output:
	// delay=50ms,drop=2
	// loss=1.3: a probability is from 0 to 1, as loss=0.3
}
