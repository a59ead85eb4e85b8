package check

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A program can have another one do what the exercise is about: a pinger that starts
// ping has sent echo requests, and nobody has written it. So those that would do
// (Lab.Instead) are not found: a script stands before each, which notes that it was
// started, and ends as a shell does that has found nothing.

const insteadFolder, insteadUsed = ".instead", "used"

// putInstead puts the scripts into the program's folder.
func (t *T) putInstead() error {
	if len(t.lab.Instead) == 0 {
		return nil
	}
	folder := filepath.Join(t.work.dir, insteadFolder)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	script := "#!/bin/sh\necho \"${0##*/}\" >> '" + filepath.Join(folder, insteadUsed) + "'\necho \"${0##*/}: not found\" >&2\nexit 127\n"
	for _, name := range t.lab.Instead {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// withInstead is an environment in which the scripts are found first.
func (t *T) withInstead(env []string) []string {
	if len(t.lab.Instead) == 0 {
		return env
	}
	folder, path := filepath.Join(t.work.dir, insteadFolder), os.Getenv("PATH")
	env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "PATH=") })
	return append(env, "PATH="+folder+string(os.PathListSeparator)+path)
}

// startedInstead is the name of the other program that this one has started, or "".
func (t *T) startedInstead() string {
	if t.work == nil || len(t.lab.Instead) == 0 {
		return ""
	}
	used, err := os.ReadFile(filepath.Join(t.work.dir, insteadFolder, insteadUsed))
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(string(used), "\n")
	return name
}
