package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/labs/check"
)

func labStartCommand(a *app) *cobra.Command {
	language := labLanguages[0]
	c := a.command("start NAME [DIR] [flags]", "lab.start", func(_ *cobra.Command, args []string) error {
		lab, err := a.findLab(args[0])
		if err != nil {
			return err
		}
		if err := checkLanguage(language); err != nil {
			return err
		}
		return a.labStart(lab, arg(args, 1, lab.Name), language)
	})
	c.Args = arguments(cobra.RangeArgs(1, 2))
	c.ValidArgsFunction = completeLab
	c.Flags().StringVar(&language, "lang-code", language, a.say("flag.langcode"))
	return c
}

// labStart copies an exercise into a folder. What the student has there already is
// never written over.
func (a *app) labStart(lab *check.Lab, dir, language string) error {
	files, err := a.labFiles(lab, language)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.to)); err == nil {
			return errors.New(a.say("lab.start.exists", "File", filepath.Join(dir, f.to)))
		}
	}
	for _, f := range files {
		text, err := fs.ReadFile(lab.Files, f.from)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, f.to)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644)); err != nil {
			return err
		}
	}
	a.println("lab.start.done", "Title", a.labSay(lab, "title"), "Dir", dir)
	for _, f := range files {
		fmt.Fprintf(a.out, "  %s\n", filepath.Join(dir, f.to))
	}
	a.println("lab.start.next", "Dir", dir)
	for _, program := range runLines(files, language) {
		fmt.Fprintf(a.out, "  wirebook lab check %s -- %s\n", lab.Name, program)
	}
	return nil
}

// labFile is a file of an exercise, and its name in the student's folder.
type labFile struct{ from, to string }

// labFiles are the handout and the hints in the reader's language, and the starter.
func (a *app) labFiles(lab *check.Lab, language string) (files []labFile, err error) {
	ending := ".md"
	if a.lang == explain.Chinese {
		ending = ".zh-CN.md"
	}
	for _, name := range []string{"handout", "hints"} {
		files = append(files, labFile{name + ending, name + ".md"})
	}
	root := path.Join("starter", language)
	err = fs.WalkDir(lab.Files, root, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, labFile{name, name[len(root)+1:]})
		}
		return err
	})
	return files, err
}

// runLines are how the starter's programs are run: an exercise may have two.
func runLines(files []labFile, language string) (lines []string) {
	for _, f := range files {
		switch {
		case language == "python" && path.Ext(f.to) == ".py":
			lines = append(lines, "python3 "+f.to)
		case language == "go" && path.Ext(f.to) == ".go":
			lines = append(lines, "go run "+f.to)
		}
	}
	return lines
}
