// Package webserver is the exercise "A web server": the book's §2.7, and its first
// programming assignment. The program answers GET requests with files of its
// folder, one connection at a time.
//
// What is judged, in cases.go: status line, header and body as RFC 9112 has
// them, the errors 404 and what a careful server does with requests that come
// in pieces, connections without a request, and paths that lead out of the
// folder.
package webserver

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// Lab is the exercise.
var Lab = check.Lab{
	Number:   3,
	Name:     "web-server",
	Section:  "§2.7",
	Files:    files,
	Protocol: "HTTP",
	Kind:     check.Server,
	Port:     6789,
	Arguments: [][]string{
		nil,
		{"{port}"},
		{"{host}", "{port}"},
		{"-p", "{port}"},
		{"--port", "{port}"},
	},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "{port}"},
		{Prompt: "host|address|server|主机|地址|服务器", Type: "{host}"},
		{Type: ""},
	},
	Cases: []check.Case{
		{Name: "page", Run: page},
		{Name: "not-found", Run: notFound},
		{Name: "again", Run: again},
		{Name: "concurrent", Level: check.Optional, Run: concurrent},
		{Name: "content-length", Level: check.Optional, Run: contentLength},
		{Name: "utf8", Level: check.Robustness, Run: utf8Page},
		{Name: "binary", Level: check.Robustness, Run: binary},
		{Name: "large", Level: check.Robustness, Run: large},
		{Name: "two-segments", Level: check.Robustness, Run: twoSegments},
		{Name: "no-request", Level: check.Robustness, Run: noRequest},
		{Name: "reset", Level: check.Robustness, Run: reset},
		{Name: "way-out", Level: check.Robustness, Run: wayOut},
		{Name: "query", Level: check.Robustness, Run: query},
	},
}
