package world

import (
	"embed"
	"io/fs"
)

// DefaultName is the name of the default world's file.
const DefaultName = "world.yaml"

//go:embed default
var embedded embed.FS

// DefaultFiles are the files of the default world: its world file, zones and
// sites.
func DefaultFiles() fs.FS {
	files, err := fs.Sub(embedded, "default")
	if err != nil {
		panic(err) // the folder is in the program
	}
	return files
}

// DefaultText is the text of the default world's file.
func DefaultText() []byte {
	text, err := fs.ReadFile(DefaultFiles(), DefaultName)
	if err != nil {
		panic(err) // the file is in the program
	}
	return text
}

// Default is the plan of the default world.
func Default() (*Plan, error) { return Load(DefaultFiles(), DefaultName) }
