package explain

import (
	"slices"
	"strings"
	"testing"
)

func keysFound(entries []Entry) []string {
	var keys []string
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

// What a reader types, and what must be the first that is found.
func TestLookup(t *testing.T) {
	for _, test := range []struct {
		query string
		want  []string // found first, in this order
	}{
		{"304", []string{"http.status.304"}},
		{"not modified", []string{"http.status.304"}},
		{"http.status.304", []string{"http.status.304"}},
		{"status 304", []string{"http.status.304"}},
		{"HTTP 304", []string{"http.status.304"}},
		{"If-Modified-Since", []string{"http.header.if-modified-since"}},
		{"IF-MODIFIED-SINCE", []string{"http.header.if-modified-since"}},
		{"if-mod", []string{"http.header.if-modified-since"}},
		{"port 69", []string{"port.69"}},
		{"69", []string{"port.69"}},
		{"53", []string{"port.53", "dhcp.option.53"}},
		{"tftp", []string{"tftp", "port.69"}},
		{"MX", []string{"dns.type.MX"}},
		{"dns mx", []string{"dns.type.MX"}},
		{"SERVFAIL", []string{"dns.rcode.SERVFAIL"}},
		{"time-wait", []string{"tcp.state.TIME-WAIT"}},
		{"TIME_WAIT", []string{"tcp.state.TIME-WAIT"}},
		{"tcp syn", []string{"tcp.flag.SYN"}},
		{"220", []string{"port.220", "ftp.reply.220", "smtp.reply.220"}},
		{"smtp 220", []string{"smtp.reply.220"}},
		{"GET", []string{"http.method.GET"}},
		{"ipv4.ttl", []string{"ipv4.ttl"}},
		{"状态码", []string{"http.status"}},
		{"三次握手", []string{"tcp.handshake"}},
		{"四次挥手", []string{"tcp.close"}},
		{"端口 69", []string{"port.69"}},
		{"条件GET", []string{"web.conditional-get"}},
		{"rarest first", []string{"web.p2p"}},
		{"dns flags", []string{"dns.flag"}},
		{"port 50001", []string{"socket.ephemeral"}},
		{"8081/tcp", []string{"socket.registered"}},
		{"端口 1022", []string{"socket.well-known"}},
		{"three way handshake", []string{"tcp.handshake"}},
		{"三次", []string{"tcp.handshake"}},
	} {
		for _, l := range Languages() {
			got := keysFound(l.Lookup(strings.Fields(test.query)...))
			if len(got) < len(test.want) || !slices.Equal(got[:len(test.want)], test.want) {
				t.Errorf("%s: Lookup(%q) = %v, want first %v", l, test.query, got, test.want)
			}
		}
	}
}

// Words that stand only in a text, or nowhere.
func TestLookupInText(t *testing.T) {
	for _, test := range []struct {
		language Language
		query    string
		want     string
	}{
		{English, "traceroute lives", "ipv4.ttl"},
		{Chinese, "路由器 丢弃数据报", "ipv4.ttl"},
		{Chinese, "traceroute lives", "ipv4.ttl"}, // an English question to the Chinese reader
	} {
		if got := keysFound(test.language.Lookup(test.query)); !slices.Contains(got, test.want) {
			t.Errorf("%s: Lookup(%q) = %v, want %s in it", test.language, test.query, got, test.want)
		}
	}
	for _, query := range []string{"", "  ", "xyzzyx", "不存在之物", "port 65536", "port" + strings.Repeat("9", 30)} {
		if got := English.Lookup(query); got != nil {
			t.Errorf("Lookup(%q) = %v, want nothing", query, keysFound(got))
		}
	}
	if got := Chinese.Lookup("304")[0].Title; !strings.ContainsAny(got, "副本") {
		t.Errorf("the Chinese reader got %q", got)
	}
}

func TestSuggest(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{"if-modifed-since", "If-Modified-Since"},
		{"SERVFIAL", "SERVFAIL"},
		{"tftpp", "TFTP"},
		{"time-wiat", "TIME-WAIT"},
		{"etags", "ETag"},
		{"tcp.falg.syn", "SYN"},
	} {
		if got := Suggest(test.query); !slices.Contains(got, test.want) {
			t.Errorf("Suggest(%q) = %v, want %s in it", test.query, got, test.want)
		}
	}
	for _, query := range []string{"", "q", "nothing that is like a name", strings.Repeat("a", 1000)} {
		if got := Suggest(query); len(got) > 0 {
			t.Errorf("Suggest(%q) = %v, want nothing", query, got)
		}
	}
}

func FuzzLookup(f *testing.F) {
	for _, seed := range []string{"304", "if-mod", "状态码", "port 69", "a\x00b", "\xff\xfe", "  ", "ſ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, l := range Languages() {
			for _, e := range l.Lookup(query) {
				if e.Title == "" || e.Text == "" {
					t.Errorf("%s: Lookup(%q) found %q without words", l, query, e.Key)
				}
			}
		}
		if names := Suggest(query); len(names) > mostSuggestions {
			t.Errorf("Suggest(%q) = %v", query, names)
		}
	})
}
