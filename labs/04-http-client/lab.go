// Package httpclient is the exercise "A web client": the optional part of the book's
// assignment "Web Server". The program asks a server for a page with a GET request,
// and shows the response.
//
// What is judged: the request, as RFC 9112 has it, in request.go; that the response
// is shown, whole, however it comes and however it ends, in cases.go and
// robustness.go.
package httpclient

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:   4,
	Name:     "http-client",
	Section:  "§2.7",
	Files:    files,
	Protocol: "HTTP",
	Kind:     check.Client,
	Port:     6789,
	Arguments: [][]string{
		nil,
		{"{host}", "{port}", "{file}"},
		{"http://{host}:{port}/{file}"},
		{"{host}", "{port}"},
		{"{host}", "{file}"},
		{"{host}"},
		{"{port}"},
		{"{file}"},
		{"{host}", "{port}", "/{file}", "GET"},
		{"-i", "{host}", "-p", "{port}", "-f", "{file}"},
		{"--host", "{host}", "--port", "{port}", "--file", "{file}"},
	},
	Answers: []check.Answer{
		{Prompt: `y/n|yes/no|是否`, Type: "n"},
		{Prompt: `url|网址`, Type: "http://{host}:{port}/{file}"},
		{Prompt: `port|端口`, Type: "{port}"},
		{Prompt: `file|path|page|object|resource|文件|路径|页面|网页`, Type: "{file}"},
		{Prompt: `host|server|address|\bip\b|name|domain|主机|地址|服务器|域名`, Type: "{host}"},
		{Type: ""},
	},
	Places:  check.Values{"file": "hello.html"},
	Instead: []string{"curl", "wget"},
	Cases: []check.Case{
		{Name: "request", Run: request},
		{Name: "page", Run: page},
		{Name: "no-length", Run: noLength},
		{Name: "not-found", Run: notFound},
		{Name: "large", Run: large},
		{Name: "chunked", Level: check.Optional, Run: chunked},
		{Name: "host", Level: check.Robustness, Run: host},
		{Name: "segments", Level: check.Robustness, Run: segments},
		{Name: "keep-alive", Level: check.Robustness, Run: keepAlive},
		{Name: "utf8", Level: check.Robustness, Run: utf8Page},
		{Name: "not-text", Level: check.Robustness, Run: notText},
	},
}

const book = "§2.2.3"
