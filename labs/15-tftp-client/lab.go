// Package tftpclient is the exercise "A TFTP client": stop-and-wait, the protocol
// rdt3.0 of the book's §3.4.1, as RFC 1350 has it on UDP.
//
// The tester is the server, at whatever address the program has in its source. It
// answers from a port of its own, as every TFTP server does. What the program has
// fetched is looked for in its folder, under whatever name. In request.go is what
// it asks for; download.go and upload.go judge the two directions.
package tftpclient

import (
	"embed"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// long is the patience with a program that should send again: many wait 5 s, or
// 10, before they do.
const long = 12 * time.Second

// Lab is the exercise.
var Lab = check.Lab{
	Number:   15,
	Name:     "tftp-client",
	Section:  "§3.4.1",
	Files:    files,
	Protocol: "TFTP",
	Kind:     check.Client,
	Port:     69,
	Places:   places("get", "wirebook.bin"),
	Arguments: [][]string{
		nil,
		{"{host}"},
		{"{op}", "{host}", "{file}"},
		{"{host}", "{op}", "{file}"},
		{"{op}", "{file}", "{host}"},
		{"{host}", "{file}"},
		{"{file}", "{host}"},
		{"{host}", "{port}", "{op}", "{file}"},
		{"{op}", "{host}", "{port}", "{file}"},
		{"{load}", "{host}", "{file}"},
		{"{host}", "{load}", "{file}"},
		{"{letter}", "{host}", "{file}"},
		{"{host}", "{letter}", "{file}"},
		{"{rw}", "{host}", "{file}"},
		{"{host}", "{rw}", "{file}"},
		{"{rrq}", "{host}", "{file}"},
		{"{host}", "{port}", "{file}"},
		{"{dash}", "{file}", "{host}"},
		{"{dash}", "{host}", "{file}"},
		{"{host}", "{dash}", "{file}"},
	},
	Answers: []check.Answer{
		{Prompt: `^\s*\(?(my|py)?t?ftp(client)?\)?\s*[>#$:]+\s*$|^\s*[>#$]+\s*$|command|命令`, Type: "{op} {file}", Once: true},
		{Prompt: `again|another|continue|y/n|继续|再`, Type: "n"},
		{Prompt: `mode|octet|netascii|模式`, Type: "octet"},
		{Prompt: `port|端口`, Type: "{port}"},
		{Prompt: `choi|select|option|menu|1\b.*2\b|选择|选项|操作|功能|序号`, Type: "{number}", Menu: "{menu}", Once: true},
		{Prompt: `get.*put|put.*get|rrq.*wrq`, Type: "{op}", Once: true},
		{Prompt: `download.*upload|upload.*download`, Type: "{load}", Once: true},
		{Prompt: `file|name of|文件`, Type: "{file}"},
		{Prompt: `host|address|server|\bip\b|主机|地址|服务器`, Type: "{host}"},
	},
	Instead: []string{"tftp", "atftp", "curl"},
	Cases: []check.Case{
		{Name: "download", Run: download},
		{Name: "short", Run: short},
		{Name: "exact", Run: exact},
		{Name: "binary", Run: binaryFile},
		{Name: "large", Run: large},
		{Name: "error", Run: notFound},
		{Name: "upload", Level: check.Optional, Run: upload},
		{Name: "upload-exact", Level: check.Optional, Run: uploadExact},
		{Name: "last-ack", Level: check.Robustness, Run: lastAck},
		{Name: "duplicate", Level: check.Robustness, Run: duplicate},
		{Name: "stranger", Level: check.Robustness, Run: stranger},
		{Name: "lost-request", Level: check.Robustness, Miniature: true, Patience: long, Limit: 40 * time.Second, Run: lostRequest},
		{Name: "upload-lost", Level: check.Robustness, Patience: long, Limit: 40 * time.Second, Run: uploadLost},
		{Name: "duplicate-ack", Level: check.Robustness, Run: duplicateAck},
	},
}

// places are the words for a transfer that programs take, in their several ways.
func places(op, file string) check.Values {
	v := check.Values{"op": "get", "load": "download", "letter": "r", "initial": "g", "rw": "read", "rrq": "rrq", "dash": "-g", "number": "1", "menu": `download|\bget\b|read|rrq|下载`, "file": file}
	if op == "put" {
		v = check.Values{"op": "put", "load": "upload", "letter": "w", "initial": "p", "rw": "write", "rrq": "wrq", "dash": "-p", "number": "2", "menu": `upload|\bput\b|write|wrq|上传`, "file": file}
	}
	return v
}
