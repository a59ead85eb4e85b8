package check

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
)

// Values fill the places in braces in arguments, answers and the manifest:
// {host}, {port}, and what else the lab's cases name.
type Values map[string]string

func (v Values) fill(text string) string {
	pairs := make([]string, 0, 2*len(v))
	for name, value := range v {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func (v Values) fillAll(texts []string) []string {
	filled := make([]string, len(texts))
	for i, text := range texts {
		filled[i] = v.fill(text)
	}
	return filled
}

// with are the values and those that every case has.
func (t *T) with(own Values) Values {
	all := Values{"host": "server.example.com", "port": fmt.Sprint(t.lab.Port), "self": studentAddr.String()}
	if t.setup.kind != Client {
		all["host"] = studentAddr.String()
	}
	if t.lan == nil {
		all["host"], all["self"] = loopback.String(), loopback.String()
	}
	maps.Copy(all, t.lab.Places)
	maps.Copy(all, own)
	return all
}

// answers are the lab's, filled in; those of the manifest come first.
func (t *T) answers(values Values) (all []answer) {
	for _, a := range append(t.setup.manifest.answers(), t.lab.Answers...) {
		re, err := regexp.Compile(a.Prompt)
		if err != nil {
			t.fault(fmt.Errorf("answer for the prompt %q: %w", a.Prompt, err))
		}
		var menu *regexp.Regexp
		if a.Menu != "" {
			if menu, err = regexp.Compile(values.fill(a.Menu)); err != nil {
				t.fault(fmt.Errorf("menu for the prompt %q: %w", a.Prompt, err))
			}
		}
		all = append(all, answer{re, menu, values.fill(a.Type), a.Once})
	}
	return all
}

// environment is this process's, and what makes programs say at once what they
// say: nobody sits at a terminal.
func (t *T) environment(values Values) []string {
	env := append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8", "PYTHONDONTWRITEBYTECODE=1")
	if library := stdbuf(); library != "" {
		env = append(env, "_STDBUF_O=L", "LD_PRELOAD="+library)
	}
	if t.lab.Protocol == "DNS" {
		env = append(env, "RES_OPTIONS=edns0") // resolv.conf(5): see [FromLibrary]
	}
	for name, value := range t.setup.manifest.Env {
		env = append(env, name+"="+values.fill(value))
	}
	return t.withInstead(env)
}

// stdbuf is the library by which stdbuf(1) has C's printf() say each line at once,
// and a prompt before it waits, as on a terminal; "" if there is none.
func stdbuf() string {
	for _, path := range []string{"/usr/libexec/coreutils/libstdbuf.so", "/usr/lib/coreutils/libstdbuf.so", "/usr/lib64/coreutils/libstdbuf.so"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
