package httpd

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/protocol/http1"
)

var fuzzRules = http1.Rules{MaxStart: 8000, MaxFields: 32 << 10, MaxCount: 100}

const fuzzMaxBody = 1 << 20

// FuzzReadRequest reads a request with its body, and compares with net/http:
// what is accepted here must be accepted there, must mean the same, and must end
// at the same byte. Two readers that disagree about the end of a request are what
// request smuggling needs.
func FuzzReadRequest(f *testing.F) {
	for _, request := range clientLines(f) {
		f.Add([]byte(request))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ours := bufio.NewReader(bytes.NewReader(data))
		var req request
		if req.read(ours, fuzzRules) != nil {
			return
		}
		if !strings.HasPrefix(req.path, "/") && req.path != "*" && req.method != "CONNECT" {
			t.Errorf("path %q", req.path)
		}
		if hasDots(req.path) {
			t.Errorf("dot segment in path %q", req.path)
		}
		if toleratedHere(&req) {
			return
		}
		theirs := bufio.NewReader(bytes.NewReader(skipEmptyLine(data)))
		oracle, err := http.ReadRequest(theirs)
		if err != nil {
			t.Fatalf("we accept, net/http says %v\n%q", err, data)
		}
		if oracle.Method != req.method || oracle.ProtoMinor != req.minor {
			t.Errorf("%s 1.%d, net/http %s 1.%d", req.method, req.minor, oracle.Method, oracle.ProtoMinor)
		}
		if chunked := len(oracle.TransferEncoding) > 0; chunked != req.chunked() {
			t.Fatalf("chunked %v, net/http %v\n%q", req.chunked(), chunked, data)
		}
		if !req.chunked() && oracle.ContentLength != req.length {
			t.Fatalf("length %d, net/http %d\n%q", req.length, oracle.ContentLength, data)
		}
		if req.length > fuzzMaxBody || req.discardBody(ours, fuzzMaxBody, fuzzRules) != nil {
			return
		}
		if _, err := io.Copy(io.Discard, oracle.Body); err != nil {
			t.Fatalf("we accept the body, net/http says %v\n%q", err, data)
		}
		rest, _ := io.ReadAll(ours)
		theirRest, _ := io.ReadAll(theirs)
		if !bytes.Equal(rest, theirRest) {
			t.Fatalf("what is left is %q, for net/http %q\n%q", rest, theirRest, data)
		}
	})
}

func hasDots(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// skipEmptyLine removes the empty line that may stand before a request, which
// net/http refuses (RFC 9112 §2.2).
func skipEmptyLine(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\r\n")) }

// toleratedHere is what we accept and net/http does not, each with its reason.
func toleratedHere(req *request) bool {
	target := strings.Fields(req.Start)[1]
	switch {
	case req.minor > 1:
		return true // RFC 9110 §2.5: a higher minor version is answered as 1.1
	case req.method == "CONNECT":
		return true // refused whatever it names
	case req.Fields.Count("Content-Length") > 0 && strings.Contains(joined(req, "Content-Length"), ","):
		return true // RFC 9112 §6.3 rule 5: "5, 5" is 5
	case req.Fields.Count("Trailer") > 0:
		return true // net/http refuses names that no trailer may have; ours are not used
	case req.method == "PRI":
		return true // net/http knows HTTP/2's preface
	case strings.Contains(target, "%"), strings.ContainsAny(target, "[]:"):
		return true // net/http parses query, port and brackets, which do not matter here
	case strings.Contains(joined(req, "Host"), "%"):
		return true
	}
	return false
}

func joined(req *request, name string) string {
	var all []string
	for _, field := range req.Fields {
		if strings.EqualFold(field.Name, name) {
			all = append(all, field.Value)
		}
	}
	return strings.Join(all, ", ")
}

// clientLines are what the clients say in testdata/conversations.
func clientLines(t testing.TB) []string {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations (%v)", err)
	}
	var requests []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		for line := range strings.SplitSeq(string(text), "\n") {
			switch {
			case strings.HasPrefix(line, "C:"):
				said.WriteString(strings.TrimPrefix(line[2:], " ") + "\r\n")
			case strings.HasPrefix(line, "C| "):
				raw, err := strconv.Unquote(`"` + line[3:] + `"`)
				if err != nil {
					t.Fatal(err)
				}
				said.WriteString(raw)
			case strings.HasPrefix(line, "=="):
				requests = append(requests, said.String())
				said.Reset()
			}
		}
		requests = append(requests, said.String())
	}
	return requests
}

func FuzzCleanPath(f *testing.F) {
	for _, path := range []string{"/", "/a/../b", "/%2e%2e/x", "//a//", "/a/.", "/..", "/%2", "/%00", "/..%5c"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if !strings.HasPrefix(path, "/") {
			return
		}
		clean, err := cleanPath(path)
		if err != nil {
			return
		}
		if !strings.HasPrefix(clean, "/") || hasDots(clean) || strings.Contains(clean, "//") {
			t.Errorf("%q became %q", path, clean)
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, value := range []string{"bytes=0-4", "bytes=-4", "bytes=4-", "bytes=9223372036854775807-", "bytes=0-9223372036854775807"} {
		f.Add(value, int64(10))
	}
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 0 {
			return
		}
		part, ok := parseRange(value, size)
		if ok && part.length > 0 && (part.from < 0 || part.end() > size || part.end() < part.from) {
			t.Errorf("%q of %d bytes is %v", value, size, part)
		}
	})
}

func FuzzEntityTags(f *testing.F) {
	f.Add(`W/"a", "b,c"`)
	f.Fuzz(func(t *testing.T, list string) {
		if listHas(list, `"a"`, strongly) && !listHas(list, `"a"`, weakly) {
			t.Errorf("%q: strongly, but not weakly", list)
		}
	})
}
