package httpd

import (
	"net/url"
	"strings"
)

// parseTarget finds out which document the request target names (RFC 9112 §3.2).
// It comes in one of four forms:
//
//	/where?q=now                              origin-form
//	http://www.example.org/where?q=now        absolute-form, as to a proxy
//	www.example.com:80                        authority-form, CONNECT only
//	*                                         asterisk-form, OPTIONS only
func (req *request) parseTarget() error {
	target := req.path
	if !printable(target) {
		return &fault{400, "character that no URL has"}
	}
	switch {
	case target == "*" && req.method == "OPTIONS":
		return nil
	case req.method == "CONNECT":
		return nil // not a proxy: it is refused whatever it names
	case target[0] != '/':
		path, err := req.stripAuthority(target)
		if err != nil {
			return err
		}
		target = path
	}
	if target == "*" {
		return nil
	}
	path, query, _ := strings.Cut(target, "?")
	req.query = query
	clean, err := cleanPath(path)
	req.path = clean
	return err
}

// stripAuthority takes what is before the path off an absolute-form target. A
// host named there counts, and Host is ignored (RFC 9112 §3.2.2); here there is
// one site for all names.
func (req *request) stripAuthority(target string) (string, error) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok {
		return "", &fault{400, "request target is neither a path nor a URL"}
	}
	if !strings.EqualFold(scheme, "http") {
		return "", &fault{421, "URL of another scheme"} // RFC 9110 §7.4
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	if authority == "" || !validAuthority(authority) {
		return "", &fault{400, "URL without a host"}
	}
	switch {
	case path == "" && req.method == "OPTIONS":
		return "*", nil // RFC 9112 §3.2.4
	case path == "" || path[0] == '?':
		return "/" + path, nil
	}
	return path, nil
}

// printable says whether a target has no control character, no space, and no
// fragment, which a browser keeps to itself. Bytes over 0x7f are let through: they
// must be percent-encoded, but curl sends Chinese names as they were typed.
func printable(target string) bool {
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == 0x7f || c == '#' {
			return false
		}
	}
	return true
}

// validAuthority says whether s is host [":" port], without user name (RFC 9110
// §4.2.4), or empty, as Host may be (§7.2).
func validAuthority(s string) bool {
	host, port := s, ""
	if end := strings.LastIndexByte(s, ':'); end >= 0 && strings.IndexByte(s[end:], ']') < 0 {
		host, port = s[:end], s[end+1:]
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return false
		}
	}
	if strings.HasPrefix(host, "[") {
		return strings.HasSuffix(host, "]") && consistsOf(host[1:len(host)-1], hostChar|colon)
	}
	return consistsOf(host, hostChar)
}

// What a host name may have (RFC 3986 §3.2.2): unreserved characters, sub-delims
// and percent signs; an address in brackets has colons, too.
const (
	hostChar = 1 << iota
	colon
)

var authorityChar = func() (is [256]uint8) {
	const chars = "-._~!$&'()*+,;=%0123456789" +
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for i := range len(chars) {
		is[chars[i]] = hostChar
	}
	is[':'] = colon
	return is
}()

func consistsOf(s string, kinds uint8) bool {
	for i := range len(s) {
		if authorityChar[s[i]]&kinds == 0 {
			return false
		}
	}
	return true
}

// cleanPath decodes a path and removes its dot segments (RFC 3986 §2.4, §5.2.4).
// What it returns begins with a slash, has no "." and no ".." segment, and ends
// in a slash if it names a folder.
func cleanPath(path string) (string, error) {
	if isClean(path) {
		return path, nil
	}
	if strings.Contains(strings.ToLower(path), "%2f") {
		// A slash within a name, which no file has. Decoded, it would part
		// what the client has put together.
		return "", &fault{404, "encoded slash in the path"}
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return "", &fault{400, "bad percent-encoding"}
	}
	if strings.IndexByte(decoded, 0) >= 0 {
		return "", &fault{400, "NUL in the path"}
	}
	return removeDots(decoded), nil
}

// isClean says that nothing has to be done, which is nearly always so.
func isClean(path string) bool {
	return strings.IndexByte(path, '%') < 0 && !strings.Contains(path, "/.") && !strings.Contains(path, "//")
}

func removeDots(path string) string {
	segments := strings.Split(path[1:], "/")
	kept := make([]string, 0, len(segments))
	folder := false // the path ends where a folder's would
	for _, segment := range segments {
		folder = false
		switch segment {
		case "", ".":
			folder = true
		case "..":
			folder = true
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
		}
	}
	if len(kept) == 0 {
		return "/"
	}
	clean := "/" + strings.Join(kept, "/")
	if folder {
		clean += "/"
	}
	return clean
}
