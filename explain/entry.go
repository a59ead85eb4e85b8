package explain

import "strings"

// An Entry explains one thing of a protocol.
type Entry struct {
	Key     string   `json:"key"`               // "http.status.304"
	Kind    string   `json:"kind"`              // what it is one of: "http.status", "port", "dns.type"; Say("kind."+Kind) names it
	Name    string   `json:"name"`              // as the protocol writes it, in no language: "304 Not Modified"
	Aliases []string `json:"aliases,omitempty"` // other names that people look for
	Title   string   `json:"title,omitempty"`   // what it is called, or does, in a few words
	Text    string   `json:"text"`              // one to three sentences
	Example string   `json:"example,omitempty"` // how it looks on the wire; may be empty
	RFC     string   `json:"rfc,omitempty"`     // "RFC 9110 §15.4.5"; may be empty
	Book    string   `json:"book,omitempty"`    // "§2.2.5" of Kurose & Ross, 8th edition; may be empty
	See     []string `json:"see,omitempty"`     // keys of other entries
}

// Entry is what there is to say of a key, such as "http.status.304",
// "http.header.if-modified-since", "port.69", "dns.type.MX", "tcp.flag.SYN" or
// "ipv4.ttl".
func (l Language) Entry(key string) (Entry, bool) {
	c := l.catalogue()
	i, ok := c.byKey[key]
	if !ok {
		return Entry{}, false
	}
	return c.entries[i], true
}

// Keys are the keys of all entries, in the order of the catalogues.
func Keys() []string {
	keys := make([]string, len(facts().entries))
	for i, e := range facts().entries {
		keys[i] = e.Key
	}
	return keys
}

// kindOf is the kind of an entry whose facts name none: its key's parent.
func kindOf(key string) string {
	if i := strings.LastIndexByte(key, '.'); i > 0 {
		return key[:i]
	}
	return "protocol"
}
