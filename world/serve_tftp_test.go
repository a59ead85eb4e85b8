package world

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wirebook/wirebook/clients/tftpc"
)

const tftpWorld = `name: small
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24}
hosts:
  alice: {on: lan, at: 11}
  tftp:
    on: lan
    at: 69
    servers:
      tftp: {files: boot, writable: incoming}
`

func tftpFiles() fstest.MapFS {
	return fstest.MapFS{"boot/hello.txt": {Data: []byte("hello\n")}}
}

func TestTFTP(t *testing.T) {
	plan, err := Parse(tftpFiles(), "small.yaml", []byte(tftpWorld))
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(t.Context(), plan, Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	if err := w.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := tftpc.Client{Network: w.Host("alice")}
	var got bytes.Buffer
	if _, err := c.Get(t.Context(), "192.0.2.69", "hello.txt", &got); err != nil || got.String() != "hello\n" {
		t.Errorf("%q, %v", got.String(), err)
	}
	if _, err := c.Put(t.Context(), "192.0.2.69", "incoming/new", strings.NewReader("new")); err != nil {
		t.Error(err)
	}
	got.Reset()
	if _, err := c.Get(t.Context(), "192.0.2.69", "incoming/new", &got); err != nil || got.String() != "new" {
		t.Errorf("%q, %v", got.String(), err)
	}
	if _, err := c.Put(t.Context(), "192.0.2.69", "hello.txt", strings.NewReader("new")); err == nil {
		t.Error("wrote where it is not allowed")
	}
	if _, err := c.Get(t.Context(), "192.0.2.69", "../secret", io.Discard); err == nil {
		t.Error("read outside the folder")
	}
}

func TestTFTPMistakes(t *testing.T) {
	for wrong, want := range map[string]string{
		"{files: none}":              `there is no folder "none"`,
		"{writable: .}":              "the tftp server has no files",
		"{files: boot, writable: /}": "is no folder in which files can be written",
	} {
		text := strings.Replace(tftpWorld, "{files: boot, writable: incoming}", wrong, 1)
		if _, err := Parse(tftpFiles(), "small.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", wrong, err, want)
		}
	}
}
