package chunks_test

import (
	"testing"

	"github.com/wirebook/wirebook/labs/chunks"
)

func TestDecode(t *testing.T) {
	for _, c := range []struct {
		data, body string
		at         int
		ended      bool
	}{
		{"5\r\nhello\r\n0\r\n\r\n", "hello", 10, true},
		{"5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: too\r\n\r\n", "hello0123456789", 29, true},
		{"5\r\nhello\r\n", "hello", 10, false},
		{"5\r\nhello\r\n0\r\n", "hello", 10, false},
		{"5\r\nhel", "", 0, false},
		{"5\r\nhello world\r\n0\r\n\r\n", "", 0, false},
		{"<html>\r\n", "", 0, false},
		{"", "", 0, false},
	} {
		body, at, ended := chunks.Decode([]byte(c.data))
		if string(body) != c.body || at != c.at || ended != c.ended {
			t.Errorf("%q: %q, %d, %v", c.data, body, at, ended)
		}
	}
}
