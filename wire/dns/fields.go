package dns

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/wire/dissect"
)

// fields is the tree of a message.
func fields(b []byte) []dissect.Field {
	if len(b) < headerSize {
		return nil
	}
	m, _ := Parse(b)
	tree := []dissect.Field{headerFields(b, m)}
	for i := range m.Questions {
		tree = append(tree, questionField(b, &m.Questions[i]))
	}
	for _, section := range [...]struct {
		name, key string
		records   []Record
	}{
		{"Answer", "dns.section.answer", m.Answers},
		{"Authority", "dns.section.authority", m.Authority},
		{"Additional", "dns.section.additional", m.Additional},
	} {
		if len(section.records) == 0 {
			continue
		}
		first, last := section.records[0].place, section.records[len(section.records)-1].place
		f := dissect.Field{
			Name: section.name, Key: section.key, Value: strconv.Itoa(len(section.records)) + " RRs",
			Offset: first.at, Length: last.at + last.length - first.at,
		}
		for i := range section.records {
			f.Children = append(f.Children, recordField(b, &section.records[i]))
		}
		tree = append(tree, f)
	}
	return tree
}

// streamFields is the tree of a message that its length precedes.
func streamFields(b []byte) []dissect.Field {
	if len(b) < lengthPrefix {
		return nil
	}
	tree := fields(b[lengthPrefix:])
	dissect.Shift(tree, lengthPrefix)
	length := dissect.Field{
		Name: "Length", Key: "dns.length", Value: strconv.Itoa(int(binary.BigEndian.Uint16(b))), Length: lengthPrefix,
	}
	return append([]dissect.Field{length}, tree...)
}

func headerFields(b []byte, m *Message) dissect.Field {
	f := dissect.Field{Name: "Header", Key: "dns.message", Length: headerSize}
	add := func(name, key, value string, at, length, bit, bits int) {
		f.Children = append(f.Children, dissect.Field{
			Name: name, Key: key, Value: value, Offset: at, Length: length, Bit: bit, Bits: bits,
		})
	}
	flag := func(name string, at, bit int) {
		value := strconv.Itoa(int(b[at] >> (7 - bit) & 1))
		add(name, "dns.flag."+name, value, at, 1, bit, 1)
	}
	add("ID", "dns.id", fmt.Sprintf("0x%04x", m.ID), 0, 2, 0, 0)
	flag("QR", 2, 0)
	add("OPCODE", "dns.opcode."+opcodeName(m.Opcode), opcodeName(m.Opcode), 2, 1, 1, 4)
	flag("AA", 2, 5)
	flag("TC", 2, 6)
	flag("RD", 2, 7)
	flag("RA", 3, 0)
	flag("Z", 3, 1)
	flag("AD", 3, 2)
	flag("CD", 3, 3)
	add("RCODE", "dns.rcode."+rcodeName(int(b[3]&15)), rcodeName(int(b[3]&15)), 3, 1, 4, 4)
	for i, name := range [...]string{"QDCOUNT", "ANCOUNT", "NSCOUNT", "ARCOUNT"} {
		key := [...]string{"dns.qdcount", "dns.ancount", "dns.nscount", "dns.arcount"}[i]
		add(name, key, strconv.Itoa(int(binary.BigEndian.Uint16(b[4+2*i:]))), 4+2*i, 2, 0, 0)
	}
	return f
}

func questionField(b []byte, q *Question) dissect.Field {
	end := q.place.at + q.place.length
	return dissect.Field{
		Name: "Question", Key: "dns.question", Offset: q.place.at, Length: q.place.length,
		Value: plain(q.Name) + " " + typeName(q.Type),
		Children: []dissect.Field{
			nameField(b, "QNAME", "dns.qname", q.place.at),
			{Name: "QTYPE", Key: "dns.type." + typeName(q.Type), Value: typeName(q.Type), Offset: end - 4, Length: 2},
			{Name: "QCLASS", Key: "dns.class." + className(q.Class), Value: className(q.Class), Offset: end - 2, Length: 2},
		},
	}
}

// nameField shows a name and, if it ends in one, the pointer to its rest.
func nameField(b []byte, label, key string, at int) dissect.Field {
	name, next, err := readName(b, at)
	if err != nil {
		return dissect.Field{Name: label, Key: key, Value: err.Error(), Offset: at}
	}
	f := dissect.Field{Name: label, Key: key, Value: plain(name), Offset: at, Length: next - at}
	if next-at >= 2 && b[next-2]&0xc0 == 0xc0 && endsInPointer(b, at, next) {
		to := int(binary.BigEndian.Uint16(b[next-2:]) & 0x3fff)
		rest, _, _ := readName(b, to)
		f.Children = []dissect.Field{{
			Name: "Pointer", Key: "dns.compression", Value: fmt.Sprintf("byte %d: %s", to, plain(rest)), Offset: next - 2, Length: 2,
		}}
	}
	return f
}

// endsInPointer goes along the labels to see whether the last two bytes are a
// pointer, and not part of a label.
func endsInPointer(b []byte, at, next int) bool {
	for at < next && b[at]&0xc0 == 0 && b[at] != 0 {
		at += 1 + int(b[at])
	}
	return at == next-2
}

func recordField(b []byte, r *Record) dissect.Field {
	f := dissect.Field{
		Name: typeName(r.Type), Key: "dns.type." + typeName(r.Type), Offset: r.place.at, Length: r.place.length,
		Value: plain(r.Name) + " " + r.Data(),
	}
	at := r.header.at
	f.Children = []dissect.Field{
		nameField(b, "NAME", "dns.rr.name", r.place.at),
		{Name: "TYPE", Key: "dns.type." + typeName(r.Type), Value: typeName(r.Type), Offset: at, Length: 2},
	}
	if r.Type == typeOPT {
		f.Value = fmt.Sprintf("EDNS(0), %d bytes", r.Class)
		f.Children = append(f.Children, ednsFields(b, r)...)
		return f
	}
	f.Children = append(f.Children,
		dissect.Field{Name: "CLASS", Key: "dns.class." + className(r.Class), Value: className(r.Class), Offset: at + 2, Length: 2},
		dissect.Field{Name: "TTL", Key: "dns.rr.ttl", Value: fmt.Sprintf("%d s", r.TTL), Offset: at + 4, Length: 4},
		dissect.Field{Name: "RDLENGTH", Key: "dns.rr.rdlength", Value: strconv.Itoa(r.data.length), Offset: at + 8, Length: 2},
		dataField(b, r),
	)
	return f
}

// dataField takes the common types apart.
func dataField(b []byte, r *Record) dissect.Field {
	at, length := r.data.at, r.data.length
	f := dissect.Field{Name: "RDATA", Key: "dns.rr.rdata", Value: r.Data(), Offset: at, Length: length}
	switch r.Type {
	case dns.TypeA, dns.TypeAAAA:
		if addr, ok := netip.AddrFromSlice(b[at : at+length]); ok {
			f.Value = addr.String()
		}
	case dns.TypeNS, dns.TypeCNAME, dns.TypePTR, dns.TypeDNAME:
		f.Children = []dissect.Field{nameField(b, "Name", "dns.rr.rdata", at)}
	case dns.TypeMX:
		if length > 2 {
			f.Children = []dissect.Field{
				{Name: "Preference", Key: "dns.mx.preference", Value: strconv.Itoa(int(binary.BigEndian.Uint16(b[at:]))), Offset: at, Length: 2},
				nameField(b, "Exchange", "dns.mx.exchange", at+2),
			}
		}
	case dns.TypeSOA:
		f.Children = soaFields(b, at, at+length)
	}
	return f
}

func soaFields(b []byte, at, end int) []dissect.Field {
	_, rname, err := readName(b, at)
	if err != nil || rname >= end {
		return nil
	}
	_, numbers, err := readName(b, rname)
	if err != nil || numbers+20 > end {
		return nil
	}
	tree := []dissect.Field{nameField(b, "MNAME", "dns.soa.mname", at), nameField(b, "RNAME", "dns.soa.rname", rname)}
	for i, name := range [...]string{"serial", "refresh", "retry", "expire", "minimum"} {
		tree = append(tree, dissect.Field{
			Name: [...]string{"SERIAL", "REFRESH", "RETRY", "EXPIRE", "MINIMUM"}[i], Key: "dns.soa." + name,
			Value: strconv.FormatUint(uint64(binary.BigEndian.Uint32(b[numbers+4*i:])), 10), Offset: numbers + 4*i, Length: 4,
		})
	}
	return tree
}

// ednsFields are those of the OPT record (RFC 6891 §6.1.2), in which class and
// TTL mean something else.
func ednsFields(b []byte, r *Record) []dissect.Field {
	at := r.header.at
	tree := []dissect.Field{
		{Name: "UDP payload size", Key: "dns.edns.udp-size", Value: strconv.Itoa(int(r.Class)), Offset: at + 2, Length: 2},
		{Name: "EXTENDED-RCODE", Key: "dns.edns.extended-rcode", Value: strconv.Itoa(int(r.TTL >> 24)), Offset: at + 4, Length: 1},
		{Name: "VERSION", Key: "dns.edns.version", Value: strconv.Itoa(int(r.TTL >> 16 & 255)), Offset: at + 5, Length: 1},
		{Name: "DO", Key: "dns.flag.DO", Value: strconv.Itoa(int(r.TTL >> 15 & 1)), Offset: at + 6, Length: 1, Bit: 0, Bits: 1},
		{Name: "RDLENGTH", Key: "dns.rr.rdlength", Value: strconv.Itoa(r.data.length), Offset: at + 8, Length: 2},
	}
	for at, end := r.data.at, r.data.at+r.data.length; at+4 <= end; {
		code, length := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		if at+4+length > end {
			break
		}
		name, ok := ednsOptions[code]
		key := "dns.edns." + name
		if !ok {
			name, key = "Option "+strconv.Itoa(int(code)), "dns.edns"
		}
		tree = append(tree, dissect.Field{
			Name: name, Key: key, Value: fmt.Sprintf("%d bytes", length), Offset: at, Length: 4 + length,
		})
		at += 4 + length
	}
	return tree
}

var ednsOptions = map[uint16]string{3: "NSID", 8: "ECS", 10: "COOKIE", 11: "KEEPALIVE", 12: "PADDING", 15: "EDE"}
