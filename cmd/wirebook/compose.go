package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/world/compose"
)

func init() {
	example("world.compose",
		"wirebook world compose > docker-compose.yml",
		"wirebook world compose --world my-world/world.yaml > my-class.yml")
}

// worldCompose writes the file with which a world runs in containers.
func (a *app) worldCompose() *cobra.Command {
	var file string
	c := a.command("compose [flags]", "world.compose", func(*cobra.Command, []string) error {
		plan, err := loadWorld(file)
		if err != nil {
			return err
		}
		text, err := compose.Write(plan, compose.Options{File: file})
		if err != nil {
			return err
		}
		for _, b := range compose.BeyondOf(plan) {
			fmt.Fprintln(a.err, "wirebook:", a.say("class.beyond."+b.What, "Names", strings.Join(b.Names, "; ")))
		}
		_, err = fmt.Fprint(a.out, text)
		return err
	})
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&file, "world", "", a.say("flag.world"))
	return c
}
