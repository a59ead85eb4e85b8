package cabling

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type words struct{ Text string }

// A message comes as one, and a descriptor with it; the end of a side is heard.
func TestLine(t *testing.T) {
	ln, err := Listen(filepath.Join(t.TempDir(), "line"))
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	caller, err := Dial(t.Context(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	called, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer called.Close()

	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := caller.Send(words{"first"}, file); err != nil {
		t.Fatal(err)
	}
	if err := caller.Send(words{strings.Repeat("x", maxMessage)}, nil); err == nil {
		t.Error("a message that is too long")
	}
	if err := caller.Send(words{"second"}, nil); err != nil {
		t.Fatal(err)
	}
	var got words
	came, err := called.Receive(&got)
	if err != nil || got.Text != "first" || came == nil {
		t.Fatalf("%v, %v, %v", got, came, err)
	}
	came.Close()
	if came, err := called.Receive(&got); err != nil || got.Text != "second" || came != nil {
		t.Fatalf("%v, %v, %v", got, came, err)
	}
	caller.Close()
	if _, err := called.Receive(&got); !errors.Is(err, io.EOF) {
		t.Errorf("the end is %v", err)
	}
}

// Who has died leaves a socket behind, which is no hindrance.
func TestListenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "line")
	first, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	first.SetUnlinkOnClose(false)
	first.Close()
	second, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}
