// Package labs lists the exercises, a folder each, in their teaching order. Each
// folder is alike:
//
//	lab.go        what the exercise is, and its cases
//	cases.go …    the judging, a function a case
//	handout.md    what the student is told (handout.zh-CN.md: in Chinese)
//	hints.md      hints, in steps
//	starter/      what the student begins with, in Python and in Go
//	testdata/     a solution in each language, and programs with known mistakes
//
// Package check runs a program and judges it, report prints what came out,
// labtest holds an exercise to its own testdata. README.md says how to add one.
package labs

import (
	"github.com/wirebook/wirebook/labs/check"

	uppercasetcp "github.com/wirebook/wirebook/labs/01-uppercase-tcp"
	uppercaseudp "github.com/wirebook/wirebook/labs/02-uppercase-udp"
	webserver "github.com/wirebook/wirebook/labs/03-web-server"
	httpclient "github.com/wirebook/wirebook/labs/04-http-client"
	udppinger "github.com/wirebook/wirebook/labs/05-udp-pinger"
	udpheartbeat "github.com/wirebook/wirebook/labs/06-udp-heartbeat"
	mailclient "github.com/wirebook/wirebook/labs/07-mail-client"
	webproxy "github.com/wirebook/wirebook/labs/08-web-proxy"
	icmpping "github.com/wirebook/wirebook/labs/09-icmp-ping"
	traceroute "github.com/wirebook/wirebook/labs/10-traceroute"
	dnsquery "github.com/wirebook/wirebook/labs/11-dns-query"
	dnsresolver "github.com/wirebook/wirebook/labs/12-dns-resolver"
	pop3client "github.com/wirebook/wirebook/labs/13-pop3-client"
	ftpclient "github.com/wirebook/wirebook/labs/14-ftp-client"
	tftpclient "github.com/wirebook/wirebook/labs/15-tftp-client"
	tftpserver "github.com/wirebook/wirebook/labs/16-tftp-server"
	dhcpclient "github.com/wirebook/wirebook/labs/17-dhcp-client"
	portscanner "github.com/wirebook/wirebook/labs/18-port-scanner"
	alternatingbit "github.com/wirebook/wirebook/labs/19-alternating-bit"
	gobackn "github.com/wirebook/wirebook/labs/20-go-back-n"
)

// All are the exercises, in their order.
var All = []*check.Lab{
	&uppercasetcp.Lab,
	&uppercaseudp.Lab,
	&webserver.Lab,
	&httpclient.Lab,
	&udppinger.Lab,
	&udpheartbeat.Lab,
	&mailclient.Lab,
	&webproxy.Lab,
	&icmpping.Lab,
	&traceroute.Lab,
	&dnsquery.Lab,
	&dnsresolver.Lab,
	&pop3client.Lab,
	&ftpclient.Lab,
	&tftpclient.Lab,
	&tftpserver.Lab,
	&dhcpclient.Lab,
	&portscanner.Lab,
	&alternatingbit.Lab,
	&gobackn.Lab,
}

// Find is the exercise of that name, or nil.
func Find(name string) *check.Lab {
	for _, l := range All {
		if l.Name == name {
			return l
		}
	}
	return nil
}
