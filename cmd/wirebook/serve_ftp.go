package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/servers/ftpd"
)

func init() {
	example("serve.ftp",
		"wirebook serve ftp ~/public",
		"wirebook serve ftp --listen 127.0.0.1:2121 --user alice:secret ~/alice")
}

func (a *app) serveFTP() *cobra.Command {
	s := new(ftpd.Server)
	var users []string
	c := a.command("ftp [flags] DIR", "serve.ftp", func(c *cobra.Command, args []string) error {
		s.Users = make(map[string]ftpd.User)
		for _, user := range users {
			name, password, ok := strings.Cut(user, ":")
			if !ok || name == "" || password == "" {
				return usageError{fmt.Errorf("--user %s: write NAME:PASSWORD", user)}
			}
			s.Users[name] = ftpd.User{Password: password, Root: args[0]}
		}
		if len(users) == 0 {
			s.Anonymous = &ftpd.User{Root: args[0]}
		}
		return a.serve(c.Context(), s, s.Addr)
	})
	c.Args = arguments(cobra.ExactArgs(1))
	f := c.Flags()
	f.StringVar(&s.Addr, "listen", "127.0.0.1:2121", a.say("flag.listen"))
	f.StringArrayVar(&users, "user", nil, a.say("flag.ftp.user"))
	return c
}
