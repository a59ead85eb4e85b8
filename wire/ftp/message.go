package ftp

import "net/netip"

// Message is a command line, a reply, or what a data connection carried.
type Message struct {
	Verb  string   `json:"verb,omitempty"`     // of a command, in capitals; "" where there is none that can be read
	Arg   string   `json:"argument,omitempty"` // a password is ****
	Code  int      `json:"code,omitempty"`     // of a reply
	Lines []string `json:"lines,omitempty"`    // of a reply, without the code; at most 100

	// Address is where the data connection will be: that of PORT, EPRT, 227 and
	// 229. Of 229, which names a port only, it has the server's address.
	Address netip.AddrPort `json:"address,omitzero"`

	Transfer *Transfer `json:"transfer,omitempty"` // of a data connection

	verb, arg place   // in the line
	lines     []place // of a reply, as far as Lines has them
	count     int     // how many lines a reply has
}

// Transfer is one use of a data connection.
type Transfer struct {
	Active   bool   `json:"active"`         // the server connects to the client
	Verb     string `json:"verb,omitempty"` // what it is for: RETR, LIST
	Arg      string `json:"argument,omitempty"`
	Bytes    int    `json:"bytes"`
	Complete bool   `json:"complete"` // it was closed, not broken off
	broken   bool
}

// place is where something is in the message.
type place struct{ at, length int }

// hidden stands for what nobody should see.
const hidden = "****"

const maxLines = 100
