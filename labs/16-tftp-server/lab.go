// Package tftpserver is the exercise "A TFTP server": the sending side of
// stop-and-wait, the book's §3.4.1, as RFC 1350 has it on UDP, with a port of its own
// for each transfer, so that several can go on at once.
//
// Which folder the program serves is not known: what is to be fetched lies in all
// of them, and what was sent is looked for in all. In session.go is the client;
// download.go and upload.go judge the two directions, robustness.go what goes wrong.
package tftpserver

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:   16,
	Name:     "tftp-server",
	Section:  "§3.4.1",
	Files:    files,
	Protocol: "TFTP",
	Kind:     check.Server,
	Port:     69,
	Places:   check.Values{"dir": "."},
	Arguments: [][]string{
		nil,
		{"{port}"},
		{"{dir}"},
		{"{host}"},
		{"{host}", "{port}"},
		{"{port}", "{dir}"},
		{"{dir}", "{port}"},
		{"{host}", "{port}", "{dir}"},
		{"-p", "{port}"},
		{"--port", "{port}"},
		{"-d", "{dir}"},
	},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "{port}"},
		{Prompt: "dir|folder|path|root|目录|文件夹|路径", Type: "{dir}"},
		{Prompt: "host|address|server|ip|主机|地址|服务器", Type: "{host}"},
	},
	Cases: []check.Case{
		{Name: "download", Run: download},
		{Name: "exact", Run: exact},
		{Name: "binary", Run: binaryFile},
		{Name: "large", Run: large},
		{Name: "not-found", Run: notFound},
		{Name: "again", Run: again},
		{Name: "upload", Level: check.Optional, Run: upload},
		{Name: "upload-exact", Level: check.Optional, Run: uploadExact},
		{Name: "concurrent", Level: check.Optional, Run: concurrent},
		{Name: "own-port", Level: check.Robustness, Run: ownPort},
		{Name: "resend", Level: check.Robustness, Patience: long, Limit: 40 * time.Second, Run: resend},
		{Name: "duplicate-ack", Level: check.Robustness, Run: duplicateAck},
		{Name: "stranger", Level: check.Robustness, Run: stranger},
		{Name: "upload-duplicate", Level: check.Robustness, Run: uploadDuplicate},
		{Name: "way-out", Level: check.Robustness, Run: wayOut},
		{Name: "garbage", Level: check.Robustness, Run: garbage},
		{Name: "mode-case", Level: check.Robustness, Run: modeCase},
		{Name: "options", Level: check.Robustness, Run: options},
	},
}

// long is the patience with a program that should send again.
const long = 12 * time.Second
