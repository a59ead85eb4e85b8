package compose

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"strings"
	"text/template"

	"github.com/wirebook/wirebook/world"
)

// Options are what the plan does not say.
type Options struct {
	// File is the world file, as seen from where the compose file will be. Its
	// folder is mounted into the containers. "" is the built-in world, which is
	// in the program.
	File string
}

//go:embed compose.yaml.tmpl
var text string

var file = template.Must(template.New("compose").Funcs(template.FuncMap{"list": list}).Parse(text))

// machine is a service of the file.
type machine struct {
	world.Machine
	Keeps bool
	After []string // those that it is of no use without
}

// Write writes the file.
func Write(plan *world.Plan, o Options) (string, error) {
	about := struct {
		Name, Dir, File string
		Machines        []machine
		Volumes         []string
		Student         *world.Machine
		StudentAfter    []string
		Beyond          []string
	}{Name: plan.Name, Beyond: comments(plan)}
	if o.File != "" {
		about.Dir, about.File = path.Dir(o.File), path.Base(o.File)
		if !path.IsAbs(about.Dir) && !strings.HasPrefix(about.Dir, ".") {
			about.Dir = "./" + about.Dir
		}
	}
	for _, name := range plan.Machines() {
		if reserved[name] {
			return "", fmt.Errorf("%s cannot be the name of a host or router of a class: a container of another kind has it", name)
		}
		m, _ := plan.Machine(name)
		one := machine{Machine: m, Keeps: plan.Keeps(name), After: after(plan, m)}
		if one.Keeps {
			about.Volumes = append(about.Volumes, name)
		}
		about.Machines = append(about.Machines, one)
	}
	switch newcomer, err := plan.Newcomer("student"); {
	case err == nil:
		about.Student, about.StudentAfter = &newcomer, after(plan, newcomer)
	case !errors.Is(err, world.ErrNoGuests):
		return "", err
	}
	var b strings.Builder
	err := file.Execute(&b, about)
	return b.String(), err
}

// reserved are the services that are no machines of the plan.
var reserved = map[string]bool{"switches": true, "page": true, "student": true}

// after are the machines that are started before: the switches for all, and for who
// has its address by DHCP those that lend it.
func after(plan *world.Plan, m world.Machine) []string {
	names := []string{"switches"}
	if m.DHCP {
		names = append(names, plan.Lenders(m.Cards[0].Network)...)
	}
	return names
}

// list is a flow sequence of YAML.
func list(all any) string {
	var words []string
	switch all := all.(type) {
	case []string:
		words = all
	case []netip.Addr:
		for _, addr := range all {
			words = append(words, fmt.Sprintf("%q", addr))
		}
	}
	return "[" + strings.Join(words, ", ") + "]"
}
