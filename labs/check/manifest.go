package check

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// ManifestName is the file beside a program that tells the check what it cannot
// find out by watching.
const ManifestName = "lab.yaml"

// Manifest says how a program wants to be run. All of it is optional:
//
//	args: ["--port", "{port}"]     # its arguments
//	stdin: ["{host}", "{port}"]    # the lines that are typed, one a prompt
//	env: {MODE: lab}
//	port: 8080                     # where it listens
//	build: make server             # run once before, by sh, in the folder
//	files: [data]                  # what else of the folder it needs, however large
type Manifest struct {
	Args  []string          `yaml:"args"`
	Stdin []string          `yaml:"stdin"`
	Env   map[string]string `yaml:"env"`
	Port  uint16            `yaml:"port"`
	Build string            `yaml:"build"`
	Files []string          `yaml:"files"`

	hasArgs bool
}

// ReadManifest reads the manifest in a folder; there need not be one.
func ReadManifest(dir string) (Manifest, error) {
	name := filepath.Join(dir, ManifestName)
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, nil
	}
	if err != nil {
		return Manifest{}, err
	}
	defer file.Close()
	var m Manifest
	d := yaml.NewDecoder(file)
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	m.hasArgs = m.Args != nil
	return m, nil
}

// answers are the lines of Stdin: whatever is asked, the next line is typed.
func (m Manifest) answers() (all []Answer) {
	for _, line := range m.Stdin {
		all = append(all, Answer{Type: line, Once: true})
	}
	return all
}
