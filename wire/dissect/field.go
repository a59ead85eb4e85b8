package dissect

// Field is one field of a layer or of a message, or a group of them.
type Field struct {
	Name  string `json:"name"`            // as the RFC calls it; never translated
	Value string `json:"value,omitempty"` // as a person would write it
	Key   string `json:"key,omitempty"`   // its explanation, as "ipv4.ttl"

	// Where it is, in bytes from the start of the frame or the message.
	Offset int `json:"offset"`
	Length int `json:"length"`

	// A field that is not whole bytes has Bits bits, the first of which is
	// bit number Bit of the byte at Offset; 0 is the most significant, as in
	// the RFCs' diagrams.
	Bit  int `json:"bit,omitempty"`
	Bits int `json:"bits,omitempty"`

	Children []Field `json:"children,omitempty"`
}

// Find returns the first field with that key in the trees, or nil.
func Find(fields []Field, key string) *Field {
	for i := range fields {
		if fields[i].Key == key {
			return &fields[i]
		}
		if f := Find(fields[i].Children, key); f != nil {
			return f
		}
	}
	return nil
}

// Shift moves the fields by n bytes: a tree made for a payload becomes one for
// the packet that carries it.
func Shift(fields []Field, n int) {
	for i := range fields {
		fields[i].Offset += n
		Shift(fields[i].Children, n)
	}
}

// Text makes bytes from the network fit to be shown on one line: what is not
// printable ASCII or valid UTF-8 is escaped, and what is longer than max bytes
// is cut, with an ellipsis.
func Text(b []byte, max int) string {
	cut := len(b) > max
	if cut {
		b = b[:max]
	}
	text := escape(b)
	if cut {
		text += "…"
	}
	return text
}

// clip shortens what goes past n bytes, and leaves out what is beyond: of a
// long message only the beginning is kept.
func clip(fields []Field, n int) []Field {
	kept := fields[:0]
	for _, f := range fields {
		if f.Offset > n || f.Offset == n && f.Length > 0 {
			continue
		}
		f.Length = min(f.Length, n-f.Offset)
		f.Children = clip(f.Children, n)
		kept = append(kept, f)
	}
	return kept
}
