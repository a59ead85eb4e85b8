package main

import (
	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/servers/tftpd"
)

func init() {
	example("serve.tftp",
		"wirebook serve tftp ~/tftp",
		"wirebook serve tftp --listen 127.0.0.1:6969 --writable incoming ~/tftp")
}

func (a *app) serveTFTP() *cobra.Command {
	s := new(tftpd.Server)
	c := a.command("tftp [flags] DIR", "serve.tftp", func(c *cobra.Command, args []string) error {
		s.Root = args[0]
		return a.serve(c.Context(), s, s.Addr)
	})
	c.Args = arguments(cobra.ExactArgs(1))
	f := c.Flags()
	f.StringVar(&s.Addr, "listen", "127.0.0.1:6969", a.say("flag.listen"))
	f.StringVar(&s.Writable, "writable", "", a.say("flag.writable"))
	f.BoolVar(&s.Overwrite, "overwrite", false, a.say("flag.overwrite"))
	return c
}
