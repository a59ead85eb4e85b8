package tftp

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestRequests(t *testing.T) {
	for packet, want := range map[string]Request{
		"\x00\x01boot\x00OCTET\x00":                               {Op: RRQ, Name: "boot", Mode: "octet"},
		"\x00\x02a b\x00netascii\x00blkSize\x001428\x00x\x00\x00": {Op: WRQ, Name: "a b", Mode: "netascii", Options: []Option{{"blksize", "1428"}, {"x", ""}}},
	} {
		got, err := ParseRequest([]byte(packet))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", packet, got, err)
		}
	}
	for _, packet := range []string{
		"", "\x00", "\x00\x01", "\x00\x03boot\x00octet\x00", "\x00\x01boot\x00octet", "\x00\x01boot\x00", "\x00\x01\x00octet\x00",
		"\x00\x01boot\x00octet\x00blksize\x00", "\x00\x01" + string(bytes.Repeat([]byte("x"), 600)) + "\x00octet\x00",
	} {
		if got, err := ParseRequest([]byte(packet)); err == nil {
			t.Errorf("%q was read as %+v", packet, got)
		}
	}
}

func TestAccept(t *testing.T) {
	limits := Terms{BlockSize: 1428, Window: 64}
	for _, test := range []struct {
		asked []Option
		want  Terms
	}{
		{[]Option{{"blksize", "8"}, {"windowsize", "64"}}, Terms{BlockSize: 8, Window: 64}},
		{[]Option{{"blksize", "65464"}, {"windowsize", "65"}}, Terms{BlockSize: 1428, Window: 64}},
		{[]Option{{"blksize", "7"}, {"windowsize", "0"}, {"timeout", "0"}, {"tsize", ""}}, Terms{}},
		{[]Option{{"blksize", "+512"}, {"timeout", "256"}, {"multicast", ""}}, Terms{}},
		{[]Option{{"blksize", "600"}, {"blksize", "700"}}, Terms{BlockSize: 600}},
		{[]Option{{"timeout", "255"}, {"tsize", "0"}}, Terms{Timeout: maxTimeout, HasSize: true}},
	} {
		if got := Accept(test.asked, limits); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.asked, got, test.want)
		}
	}
}

func TestNetascii(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "one\ntwo": "one\r\ntwo", "\r": "\r\x00", "\r\n": "\r\x00\r\n", "\n\n": "\r\n\r\n", "\r\r": "\r\x00\r\x00",
	} {
		got, err := io.ReadAll(ToNetascii(bytes.NewReader([]byte(text))))
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, want %q (%v)", text, got, want, err)
		}
	}
	for netascii, want := range map[string]string{"a\rb": "a\rb", "a\r": "a\r", "\r\r\n": "\r\n", "\n": "\n"} {
		var f memoryFile
		decode := FromNetascii(&f)
		decode.Write([]byte(netascii))
		if err := decode.Commit(); err != nil || f.String() != want {
			t.Errorf("%q: %q, want %q", netascii, f.String(), want)
		}
	}
}

type memoryFile struct{ bytes.Buffer }

func (*memoryFile) Commit() error { return nil }

// Text that goes there and comes back is the same, however it is cut.
func TestNetasciiThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringOf(rapid.SampledFrom([]rune("a\r\n\x00"))).Draw(t, "text"))
		size := rapid.IntRange(1, 5).Draw(t, "size")
		wire, err := io.ReadAll(ToNetascii(iotest.HalfReader(bytes.NewReader(text))))
		if err != nil {
			t.Fatal(err)
		}
		var f memoryFile
		back := FromNetascii(&f)
		for piece := range slices.Chunk(wire, size) {
			if _, err := back.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := back.Commit(); err != nil || !bytes.Equal(f.Bytes(), text) {
			t.Errorf("%q came back as %q", text, f.Bytes())
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("\x00\x01boot\x00octet\x00blksize\x001428\x00"))
	f.Add([]byte("\x00\x02\x00\x00"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		r, err := ParseRequest(packet)
		if err != nil {
			return
		}
		again, err := ParseRequest(r.Append(nil))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v came back as %+v, %v", r, again, err)
		}
		got := Accept(r.Options, Terms{BlockSize: MaxBlock, Window: MaxWindow})
		if got.blockSize() < MinBlock || got.blockSize() > MaxBlock || got.window() > MaxWindow || got.window()*got.blockSize() > max(maxFlight, got.blockSize()) {
			t.Errorf("accepted %+v", got)
		}
	})
}
