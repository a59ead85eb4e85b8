package explain

import "testing"

func TestSay(t *testing.T) {
	for _, test := range []struct {
		language Language
		key      string
		args     map[string]any
		want     string
	}{
		{English, "explain.see", nil, "See also"},
		{Chinese, "explain.see", nil, "另见"},
		{English, "message.udp.data", map[string]any{"Count": 1}, "A datagram with 1 byte of data."},
		{English, "message.udp.data", map[string]any{"Count": uint16(2)}, "A datagram with 2 bytes of data."},
		{Chinese, "message.udp.data", map[string]any{"Count": 1}, "一个携带 1 字节数据的数据报。"},
		{English, "message.imap.untagged.EXPUNGE", map[string]any{"Count": 1}, "Message number 1 is gone; those behind it have moved up by one."},
		{English, "cli.explain.none", map[string]any{"Query": "{{.Count}}"}, "Nothing here is called {{.Count}}."},
		{English, "no.such.key", nil, "⟦no.such.key⟧"},
		{Chinese, "no.such.key", nil, "⟦no.such.key⟧"},
		{English, "cli.explain.none", nil, "⟦cli.explain.none⟧"}, // a place left empty
		{Language("fr"), "explain.see", nil, "See also"},
	} {
		if got := test.language.Say(test.key, test.args); got != test.want {
			t.Errorf("%s: Say(%s, %v) = %q, want %q", test.language, test.key, test.args, got, test.want)
		}
	}
}
