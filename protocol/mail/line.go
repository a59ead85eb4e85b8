package mail

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// ErrLineTooLong is a line longer than its reader allows.
var ErrLineTooLong = errors.New("the line is too long")

// ReadLine reads a line and returns it without its end: CR LF, or LF alone,
// which people at a terminal send. At most longest bytes may come before the LF.
//
// With [ErrLineTooLong] a part of the line has been read; [SkipLine] reads the
// rest. A line that the end of the input cuts off is io.ErrUnexpectedEOF.
func ReadLine(r *bufio.Reader, longest int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > longest+1 || err == bufio.ErrBufferFull && len(line)+len(part) > longest {
			if err == nil {
				r.UnreadByte() // the LF, so that SkipLine ends at it
			}
			return "", ErrLineTooLong
		}
		if err == nil && line == nil {
			return trimEnd(part), nil
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return trimEnd(line), nil
		case err == io.EOF && len(line) > 0:
			return "", io.ErrUnexpectedEOF
		case err != bufio.ErrBufferFull:
			return "", err
		}
	}
}

func trimEnd(line []byte) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
}

// SkipLine reads to the end of a line, if that comes within longest bytes;
// otherwise it returns [ErrLineTooLong].
func SkipLine(r *bufio.Reader, longest int) error {
	for longest >= 0 {
		part, err := r.ReadSlice('\n')
		if err != bufio.ErrBufferFull {
			return err
		}
		longest -= len(part)
	}
	return ErrLineTooLong
}
