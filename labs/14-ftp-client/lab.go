// Package ftpclient is the exercise "An FTP client": a dialogue of commands and
// replies on one connection, and a second connection for each file (RFC 959; the
// book's 6th edition, §2.3).
//
// The tester is the server, at whatever name and address the program has in its
// source. A program may have the server connect to it (active) or connect itself
// (passive); any of the two will do, both are for those who want more. In server.go
// is the server's side of the dialogue, in data.go that of the second connection;
// cases.go and robustness.go judge.
package ftpclient

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:   14,
	Name:     "ftp-client",
	Section:  "6th ed. §2.3",
	Files:    files,
	Protocol: "FTP",
	Kind:     check.Client,
	Port:     21,
	Places:   places("get", "wirebook.bin", "passive"),
	Arguments: [][]string{
		nil,
		{"{flag}", "{op}", "{host}", "{file}"},
		{"{op}", "{host}", "{file}", "{mode}"},
		{"{host}", "{op}", "{file}", "{mode}"},
		{"{op}", "{host}", "{file}"},
		{"{host}", "{op}", "{file}"},
		{"{host}", "{user}", "{password}", "{op}", "{file}", "{mode}"},
		{"{host}", "{user}", "{password}", "{op}", "{file}"},
		{"{host}", "{port}", "{user}", "{password}", "{op}", "{file}"},
		{"{host}", "{user}", "{password}", "{file}"},
		{"{host}", "{file}"},
		{"{host}"},
		{"{host}", "{port}"},
		{"{host}", "{user}", "{password}"},
		{"{host}", "{port}", "{user}", "{password}"},
		{"--host", "{host}"},
		{"-h", "{host}"},
	},
	Answers: []check.Answer{
		{Prompt: `active.*passive|passive.*active|主动.*被动|被动.*主动`, Type: "{mode}", Once: true},
		{Prompt: `again|another|continue|y/n|继续|再`, Type: "n"},
		{Prompt: `pass ?word|passwd|密码|口令|^\s*pass\s*[:：]`, Type: "{password}"},
		{Prompt: `^\s*\(?(my|py)?ftp(client)?\)?\s*[>#$:]+\s*$|^\s*[>#$]+\s*$|command|命令|指令`, Type: "{command}", Once: true},
		{Prompt: `^\s*\(?(my|py)?ftp(client)?\)?\s*[>#$:]+\s*$|^\s*[>#$]+\s*$|command|命令|指令`, Type: "quit", Once: true},
		{Prompt: `user|login|name\s*[:：]\s*$|用户|账号|帐号`, Type: "{user}"},
		{Prompt: `port|端口`, Type: "{port}"},
		{Prompt: `file|文件|path|路径`, Type: "{file}"},
		{Prompt: `host|address|server|\bip\b|主机|地址|服务器`, Type: "{host}"},
		{Prompt: `choi|select|option|menu|选择|选项|操作|功能|序号`, Type: "{op}", Menu: "{menu}", Once: true},
		{Prompt: `choi|select|option|menu|选择|选项|操作|功能|序号`, Type: "quit", Menu: "quit|exit|退出", Once: true},
	},
	Instead: []string{"ftp", "lftp", "ncftp", "curl", "wget"},
	Cases: []check.Case{
		{Name: "login", Run: login},
		{Name: "download", Run: download},
		{Name: "binary", Run: binary},
		{Name: "large", Run: large},
		{Name: "not-found", Run: notFound},
		{Name: "passive", Level: check.Optional, Run: passiveMode},
		{Name: "active", Level: check.Optional, Miniature: true, Run: activeMode},
		{Name: "list", Level: check.Optional, Run: list},
		{Name: "upload", Level: check.Optional, Run: upload},
		{Name: "refused", Level: check.Robustness, Run: refused},
		{Name: "multi-line", Level: check.Robustness, Run: multiLine},
		{Name: "half-reply", Level: check.Robustness, Run: halfReply},
		{Name: "passive-format", Level: check.Robustness, Run: passiveFormat},
		{Name: "connects-first", Level: check.Robustness, Run: connectsFirst},
		{Name: "type", Level: check.Robustness, Run: typeImage},
		{Name: "waits", Level: check.Robustness, Run: waits},
	},
}

// places are the words for what a case wants of a program.
func places(op, file, mode string) check.Values {
	load, menu := "download", `download|\bget\b|retr|下载`
	switch op {
	case "put":
		load, menu = "upload", `upload|\bput\b|stor|上传`
	case "ls":
		load, menu = "list", `list|\bls\b|\bdir\b|列|目录|查看`
	}
	return check.Values{
		"op": op, "load": load, "initial": op[:1], "menu": menu, "file": file, "mode": mode, "command": op + " " + file, "flag": "--" + mode,
		"user": "student", "password": "top-down",
	}
}
