// Package dhcpclient is the exercise "A DHCP client": a host without an address
// asks its network for one, in four messages.
//
// The program's card has no address. The tester is the DHCP servers on its link:
// server.go is one, message.go reads what the program sends, and cases.go judges.
// Programs may send by a UDP socket bound to port 68, or make whole frames.
package dhcpclient

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// What is not answered is sent again after four seconds or so (RFC 2131 §4.1), or
// after ten in some programs.
const (
	patience = 11 * time.Second
	limit    = 30 * time.Second
)

// Lab is the exercise.
var Lab = check.Lab{
	Number:    17,
	Name:      "dhcp-client",
	Section:   "§4.3.2",
	Files:     files,
	Protocol:  "DHCP",
	Kind:      check.Client,
	Port:      67,
	NoAddress: true,
	Arguments: [][]string{
		nil,
		{"eth0"},
		{"-i", "eth0"},
		{"--interface", "eth0"},
	},
	Answers: []check.Answer{
		{Prompt: "interface|card|device|网卡|接口", Type: "eth0"},
		{Prompt: "release|renew|again|释放|续|再", Type: "n"},
		{Prompt: "y/n|yes/no|accept|接受|是否", Type: "y"},
		{Type: ""},
	},
	Instead: []string{"dhclient", "dhcpcd", "udhcpc"},
	Cases: []check.Case{
		{Name: "discover", Miniature: true, Run: discover},
		{Name: "request", Miniature: true, Run: request},
		{Name: "address", Miniature: true, Run: address},
		{Name: "configuration", Level: check.Optional, Miniature: true, Run: configuration},
		{Name: "two-servers", Level: check.Robustness, Miniature: true, Run: twoServers},
		{Name: "other-xid", Level: check.Robustness, Miniature: true, Run: otherXID},
		{Name: "options", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: options},
		{Name: "broadcast-flag", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: broadcastFlag},
		{Name: "nak", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: nak},
		{Name: "lost-offer", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: lostOffer},
		{Name: "lost-ack", Level: check.Robustness, Miniature: true, Patience: patience, Limit: limit, Run: lostAck},
	},
}
