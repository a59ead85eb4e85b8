package demos

import (
	"cmp"
	"embed"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/world"
)

//go:embed library
var embedded embed.FS

// Library are the files of the demos that come with Wirebook: NN-name.yaml, and the
// worlds that some of them need.
func Library() fs.FS {
	files, err := fs.Sub(embedded, "library")
	if err != nil {
		panic(err) // the folder is in the program
	}
	return files
}

// All are the demos of the library, in their order.
var All = sync.OnceValues(func() ([]*Demo, error) { return List(Library()) })

// List reads the demos of a folder, in the order of their numbers.
func List(files fs.FS) ([]*Demo, error) {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*Demo
	for _, name := range names {
		d, err := Load(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b *Demo) int { return cmp.Compare(a.Number, b.Number) })
	return all, nil
}

// Plan is the world that a demo is made for, where files are the folder of its file.
func (d *Demo) Plan(files fs.FS) (*world.Plan, error) {
	if d.World == "" {
		return world.Default()
	}
	name := path.Clean(d.World)
	below, err := fs.Sub(files, path.Dir(name))
	if err != nil {
		return nil, err
	}
	return world.Load(below, path.Base(name))
}
