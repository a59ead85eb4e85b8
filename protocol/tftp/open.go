package tftp

// Open sends a request to Peer, which is the server's port 69, until an answer
// comes from a port of that host: it becomes Peer, the server's TID. The answer
// to an RRQ is an OACK or DATA block 1, the one to a WRQ an OACK or ACK of block
// 0.
func (t *Transfer) Open(request Request) (answer []byte, err error) {
	packet := request.Append(nil)
	if len(packet) > MaxRequest {
		return nil, &Error{IllegalOperation, "the request is too long"}
	}
	t.in = make([]byte, headerSize+DefaultBlock+1)
	t.opening = true
	defer func() { t.opening = false }()
	err = t.exchange(true, func() { t.send(packet) }, func(got []byte) (bool, error) {
		if !answers(request.Op, got) {
			return false, nil
		}
		t.Peer, answer = t.from, got
		return true, nil
	})
	return answer, err
}

func answers(request Opcode, packet []byte) bool {
	op, number, _ := numbered(packet)
	switch {
	case opcode(packet) == OACK:
		return true
	case request == RRQ:
		return op == DATA && number == 1
	}
	return op == ACK && number == 0
}

// Agree takes the terms of the answer to a request that asked for asked: those
// of an OACK, or none. A server that answers what it was not asked is told so.
func (t *Transfer) Agree(asked Terms, answer []byte) error {
	if !IsOACK(answer) {
		return nil
	}
	options, err := parseOACK(answer)
	if err != nil {
		return t.end(&Error{OptionsRefused, "not an OACK"})
	}
	t.Terms, err = asked.Agree(options)
	return t.end(err)
}

// IsOACK reports whether a datagram accepts options.
func IsOACK(packet []byte) bool { return opcode(packet) == OACK }
