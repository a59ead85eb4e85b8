// Package playbill has the demos that the page offers: those of package demos, as
// package console wants to be told of them. Neither of the two knows the other.
package playbill

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/world"
)

// Playbill are demos, and what plays them.
type Playbill struct {
	Start   func(context.Context, *world.Plan) (*world.World, error) // a world on a movable clock; it is ready when this returns
	Clients func(*world.World) world.CommandLine

	all []entry
}

type entry struct {
	*demos.Demo
	files fs.FS // its folder: a world may lie beside it
}

// Add adds demos of a folder. One takes the place of another of the same name.
func (b *Playbill) Add(files fs.FS, all ...*demos.Demo) {
	for _, d := range all {
		b.all = slices.DeleteFunc(b.all, func(e entry) bool { return e.Name == d.Name })
		b.all = append(b.all, entry{d, files})
	}
}

// Check finds what a demo of a folder needs and its world does not have.
func Check(files fs.FS, d *demos.Demo) error {
	plan, err := d.Plan(files)
	if err != nil {
		return err
	}
	return d.Check(plan)
}

// List says which they are.
func (b *Playbill) List() []console.Demo {
	var all []console.Demo
	for _, d := range b.all {
		all = append(all, console.Demo{
			Name: d.Name, Number: d.Number, Title: console.Words(d.Title), Summary: console.Words(d.Summary), Book: d.Book,
		})
	}
	return all
}

// Open starts the world of a demo.
func (b *Playbill) Open(ctx context.Context, name string) (console.Play, error) {
	for _, d := range b.all {
		if d.Name == name {
			return b.open(ctx, d)
		}
	}
	return nil, fmt.Errorf("there is no demo called %s", name)
}

func (b *Playbill) open(ctx context.Context, d entry) (console.Play, error) {
	plan, err := d.Plan(d.files)
	if err != nil {
		return nil, err
	}
	w, err := b.Start(ctx, plan)
	if err != nil {
		return nil, err
	}
	return &play{d.Demo, w, b.Clients(w)}, nil
}
