package dns

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

const typeOPT = dns.TypeOPT

// Message is a message as it was understood. Names end in a dot.
type Message struct {
	ID                 uint16     `json:"id"`
	Response           bool       `json:"response"`
	Opcode             int        `json:"opcode"`
	Authoritative      bool       `json:"authoritative,omitempty"`
	Truncated          bool       `json:"truncated,omitempty"`
	RecursionDesired   bool       `json:"recursionDesired,omitempty"`
	RecursionAvailable bool       `json:"recursionAvailable,omitempty"`
	Rcode              int        `json:"rcode"` // with EDNS's upper bits
	Questions          []Question `json:"questions"`
	Answers            []Record   `json:"answers,omitempty"`
	Authority          []Record   `json:"authority,omitempty"`
	Additional         []Record   `json:"additional,omitempty"`
	EDNS               *EDNS      `json:"edns,omitempty"`
}

// EDNS is what the OPT record says (RFC 6891).
type EDNS struct {
	Version int  `json:"version"`
	Size    int  `json:"size"` // how long a reply over UDP may be
	DO      bool `json:"do,omitempty"`
}

// Question is what is asked.
type Question struct {
	Name  string
	Type  uint16
	Class uint16
	place place
}

// MarshalJSON writes the names of type and class.
func (q Question) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"name": q.Name, "type": typeName(q.Type), "class": className(q.Class)})
}

// Record is a resource record.
type Record struct {
	Name  string
	Type  uint16
	Class uint16
	TTL   uint32

	place, header, data place
	message             []byte
}

// Data is the record's data as zone files write it.
func (r *Record) Data() string {
	rr, _, err := dns.UnpackRR(r.message, r.place.at)
	if err != nil || rr == nil {
		return fmt.Sprintf(`\# %d`, r.data.length) // RFC 3597 §5, without the digits
	}
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}

// MarshalJSON writes the names of type and class, and the data as text.
func (r Record) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name  string `json:"name"`
		TTL   uint32 `json:"ttl"`
		Class string `json:"class"`
		Type  string `json:"type"`
		Data  string `json:"data"`
	}{r.Name, r.TTL, className(r.Class), typeName(r.Type), r.Data()})
}

func typeName(t uint16) string {
	if name, ok := dns.TypeToString[t]; ok {
		return name
	}
	return "TYPE" + strconv.Itoa(int(t))
}

func className(c uint16) string {
	if name, ok := dns.ClassToString[c]; ok {
		return name
	}
	return "CLASS" + strconv.Itoa(int(c))
}

func rcodeName(code int) string {
	if code == dns.RcodeBadVers {
		return "BADVERS" // 16 is BADSIG, too, but only inside TSIG (RFC 8945 §3)
	}
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return "RCODE" + strconv.Itoa(code)
}

func opcodeName(code int) string {
	if name, ok := dns.OpcodeToString[code]; ok {
		return name
	}
	return "OPCODE" + strconv.Itoa(code)
}
