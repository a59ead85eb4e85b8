package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/world"
)

func init() {
	example("world",
		"wirebook world show > my-world.yaml",
		"wirebook world check my-world.yaml",
		"wirebook up --world my-world.yaml")
}

func worldCommand(a *app) *cobra.Command {
	c := a.verbs("world", "world")
	c.GroupID = "world"
	check := a.command("check FILE", "world.check", func(_ *cobra.Command, args []string) error {
		plan, err := loadWorld(args[0])
		if err != nil {
			return err
		}
		a.println("world.good", "Name", plan.Name, "Hosts", len(plan.Hosts), "Networks", len(plan.Networks))
		return nil
	})
	check.Args = arguments(cobra.ExactArgs(1))
	show := a.command("show", "world.show", func(*cobra.Command, []string) error {
		_, err := a.out.Write(world.DefaultText())
		return err
	})
	show.Args = arguments(cobra.NoArgs)
	export := a.command("export DIR", "world.export", func(_ *cobra.Command, args []string) error {
		if err := os.CopyFS(args[0], world.DefaultFiles()); err != nil {
			return err
		}
		a.println("world.exported", "Dir", filepath.Join(args[0], world.DefaultName))
		return nil
	})
	export.Args = arguments(cobra.ExactArgs(1))
	c.AddCommand(check, show, export, a.worldCompose())
	return c
}

// loadWorld reads a world file, or the default world when name is empty. Zone
// files and sites are looked up beside the file, and nowhere else.
func loadWorld(name string) (*world.Plan, error) {
	if name == "" {
		return world.Default()
	}
	dir, base := filepath.Split(name)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err == nil {
		_, err = root.Stat(base)
	}
	if err != nil {
		return nil, fmt.Errorf("world file %s: %w", name, err)
	}
	// The root stays open as long as the process: sites are served from it.
	files := fs.FS(root.FS())
	return world.Load(files, base)
}
