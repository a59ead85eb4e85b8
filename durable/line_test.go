package durable

import (
	"bytes"
	"testing"
)

// TestLines: what is written is read, and no line that has been changed.
func TestLines(t *testing.T) {
	for _, text := range []string{"", "a", "1 512 name,S=512", "two  spaces ", "\xff"} {
		line := AppendLine([]byte("before"), []byte(text))[len("before"):]
		if got, ok := Line(line); !ok || string(got) != text || !bytes.HasSuffix(line, []byte(text+"\n")) {
			t.Errorf("%q: %q, %v", line, got, ok)
		}
		for i := range line[:len(line)-1] {
			spoilt := bytes.Clone(line)
			spoilt[i] ^= 1
			if got, ok := Line(spoilt); ok {
				t.Errorf("%q is taken for %q", spoilt, got)
			}
			if got, ok := Line(line[:i]); ok {
				t.Errorf("%q is taken for %q", line[:i], got)
			}
		}
	}
}
