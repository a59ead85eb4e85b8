package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/demos"
	"github.com/wirebook/wirebook/explain"
)

// Every demo goes as its file says, in every language, on a world of its own: each
// message that a step expects comes. Nothing is left when it is over.
func TestDemos(t *testing.T) {
	all, err := demos.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		for _, l := range explain.Languages() {
			t.Run(d.Name+"/"+string(l), func(t *testing.T) {
				quiet := goleak.IgnoreCurrent()
				a, out := demoApp(t, l)
				if exit := a.exitCode(a.demo(t.Context(), demoOptions{auto: true, explain: true, worldOptions: worldOptions{level: "error"}}, d.Name)); exit != exitOK {
					t.Errorf("exit %d", exit)
				}
				if err := goleak.Find(quiet); err != nil {
					t.Error(err)
				}
				if text := out.String(); strings.Contains(text, "⟦") || !strings.Contains(text, l.Say("demo.end", nil)) || t.Failed() {
					t.Errorf("%s", text)
				}
			})
		}
	}
}

// demoApp is the program, with what it prints on both its outputs.
func demoApp(t *testing.T, l explain.Language) (*app, *bytes.Buffer) {
	t.Helper()
	nobody, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nobody.Close() })
	var out bytes.Buffer
	return &app{lang: l, in: nobody, out: &out, err: &out}, &out
}

// The first is shown to learners as it is.
func TestDemoOnTheTerminal(t *testing.T) {
	const file = `
title: {en: A demo, zh-CN: 演示}
summary: {en: Of a client, zh-CN: 一个客户}
hosts: [alice, dns]
only: dns
steps:
  - ask: {en: Who answers, zh-CN: 谁回答}
    answer: {en: The resolver., zh-CN: 解析器。}
    exec: alice dns --short www.example.edu A
    expect: dns from dns "192.0.2.80"
    only: dns host alice
  - show: [explain dns.type.A, address alice, queue mail]
  - exec: alice dns nothere.example.edu
    expect: dns "1.2.3.4"
    only: '"nothing"'
`
	name := filepath.Join(t.TempDir(), "my-demo.yaml")
	if err := os.WriteFile(name, []byte(strings.Replace(file, `"1.2.3.4"`, `"NXDOMAIN"`, 1)+"    fails: true\n    lines: 1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	a, out := demoApp(t, explain.English)
	if err := a.demo(t.Context(), demoOptions{worldOptions: worldOptions{level: "error"}}, name); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	rest := out.String()
	for _, want := range []string{
		"A demo\nOf a client\n\nStep 1 of 1\n? Who answers\n$ wirebook exec alice dns --short www.example.edu A\n",
		"─ A? www.example.edu ", "─ A www.example.edu 192.0.2.80 ", "\n  192.0.2.80\n", "A — ", "\nThe DHCP client of alice\n", "BOUND", "192.0.2.11/24",
		"\nThe mail queue of mail\n  nothing\n", "$ wirebook exec alice dns nothere.example.edu\n", "more lines\n", "= The resolver.\n", "\nThe demo is over.\n",
	} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("%q is not in\n%s", want, out)
		}
		rest = after
	}
}

func TestDemoThatCannotBePlayed(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("title: {en: x, zh-CN: x}\nsummary: {en: x}\nsteps:\n  - unplug: nowhere\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere.yaml")
	if err := os.WriteFile(nowhere, []byte("title: {en: x, zh-CN: x}\nsummary: {en: x, zh-CN: x}\nsteps:\n  - unplug: nowhere\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, world string
		exit        int
		want        string
	}{
		{"tpc", "", exitUsage, "There is no demo called tpc; wirebook demo lists them."},
		{"conditional", "", exitUsage, "Did you mean conditional-get?"},
		{"missing.yaml", "", exitFailure, "missing.yaml"},
		{bad, "", exitFailure, "bad.yaml:2: the words in zh-CN are missing"},
		{nowhere, "", exitFailure, "nowhere.yaml:4: the world has no link nowhere"},
		{"conditional-get", "missing-world.yaml", exitFailure, "missing-world.yaml"},
	} {
		a, out := demoApp(t, explain.English)
		exit := a.exitCode(a.demo(t.Context(), demoOptions{worldOptions: worldOptions{level: "error", file: test.world}}, test.name))
		if exit != test.exit || !strings.Contains(out.String(), test.want) {
			t.Errorf("%s: exit %d, %s", test.name, exit, out)
		}
	}
}

func TestListOfDemos(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		a, out := demoApp(t, explain.Chinese)
		if err := a.demoList(asJSON); err != nil || !strings.Contains(out.String(), "conditional-get") || !strings.Contains(out.String(), "§2.2.5") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

func TestKeysOfADemo(t *testing.T) {
	for key, want := range map[string]error{
		" ": nil, "\r": nil, "\x1b[C": nil, "n": nil, "q": errEnough, "\x1b": errEnough, "\x04": errEnough, "": errEnough, "\x03": exitStatus(exitInterrupted),
	} {
		if got := meaning([]byte(key)); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
}

// What happens while a key is awaited is shown after it: a terminal that gives each
// key as it is pressed has other ends of lines.
func TestScreenKeepsWhatHappensMeanwhile(t *testing.T) {
	a, out := demoApp(t, explain.English)
	s := a.newDemoScreen(&demos.Demo{}, demoOptions{})
	for _, e := range []demos.Event{
		{Kind: demos.Printed, Text: "one"}, {Kind: demos.Waiting}, {Kind: demos.Printed, Text: "two"}, {Kind: demos.Printed, Text: "three"},
	} {
		s.show(e)
	}
	if got := out.String(); got != "  one\n" {
		t.Errorf("%q", got)
	}
	s.show(demos.Event{Kind: demos.Going})
	s.show(demos.Event{Kind: demos.Printed, Text: "four"})
	if got := out.String(); got != "  one\n  two\n  three\n  four\n" {
		t.Errorf("%q", got)
	}
}
