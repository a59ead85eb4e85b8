// Package webproxy is the exercise "A web proxy with a cache", one of the book's
// programming assignments for chapter 2. The program is a server to the browser and
// a client to the web server, and remembers what it has fetched.
//
// The assignment uses it in two ways, and most programs know only one of them; so
// [check.Lab.Manners] has both, and all cases but two speak to the program as
// it wants. In origin.go are all the web servers of the world, which count what
// reaches them; in web.go is the browser; cases.go and robustness.go judge.
package webproxy

import (
	"embed"

	"github.com/wirebook/wirebook/labs/check"
)

//go:embed *.md starter
var files embed.FS

// The manners in which a proxy is asked for http://www.example.com/page.html.
const (
	absolute = "absolute"     // GET http://www.example.com/page.html, as a configured browser does
	inPath   = "in-path"      // GET /www.example.com/page.html
	hostOnly = "host-in-path" // GET /www.example.com, and nothing behind it: the skeleton as it is
)

// Lab is the exercise.
var Lab = check.Lab{
	Number:   8,
	Name:     "web-proxy",
	Section:  "§2.2.5",
	Files:    files,
	Protocol: "HTTP",
	Kind:     check.Both,
	Port:     8888,
	Arguments: [][]string{
		nil,
		{"{host}"},
		{"{port}"},
		{"{host}", "{port}"},
		{"{port}", "{host}"},
		{"-p", "{port}"},
		{"--port", "{port}"},
	},
	Answers: []check.Answer{
		{Prompt: "port|端口", Type: "{port}"},
		{Prompt: "max|connection|thread|连接数|线程", Type: "10"},
		{Prompt: "host|address|server|ip|主机|地址|服务器", Type: "{host}"},
		{Type: ""},
	},
	Manners: []string{absolute, inPath, hostOnly},
	Try:     understands,
	Cases: []check.Case{
		{Name: "page", Run: page},
		{Name: "picture", Run: picture},
		{Name: "large", Run: large},
		{Name: "again", Run: again},
		{Name: "cache", Run: cache},
		{Name: "in-path", Level: check.Optional, Run: hostInPath},
		{Name: "configured", Level: check.Optional, Run: configured},
		{Name: "path", Level: check.Optional, Run: withPath},
		{Name: "not-found", Level: check.Optional, Run: notFound},
		{Name: "no-host", Level: check.Optional, Miniature: true, Run: noHost},
		{Name: "post", Level: check.Optional, Run: post},
		{Name: "cached-picture", Level: check.Optional, Run: cachedPicture},
		{Name: "no-length", Level: check.Robustness, Run: noLength},
		{Name: "keep-alive", Level: check.Robustness, Run: keepAlive},
		{Name: "same-path", Level: check.Robustness, Run: samePath},
		{Name: "cached-not-found", Level: check.Robustness, Run: cachedNotFound},
		{Name: "host-field", Level: check.Robustness, Run: hostField},
		{Name: "other-port", Level: check.Robustness, Run: otherPort},
		{Name: "two-segments", Level: check.Robustness, Run: twoSegments},
		{Name: "no-request", Level: check.Robustness, Run: noRequest},
		{Name: "after-no-host", Level: check.Robustness, Miniature: true, Run: afterNoHost},
		{Name: "concurrent", Level: check.Robustness, Run: concurrent},
	},
}
