package mailbox

import (
	"errors"
	"io"
)

// ErrSize is that a message's file is not as large as its name says.
var ErrSize = errors.New("mailbox: the file is not as large as its name says")

// ReadWhole reads the text of a message, as Open gives it, into the memory of
// buffer, which grows if need be. For a small message this is less work than
// Open. The text has the message's Size, or there is an error.
func (f *Folder) ReadWhole(uid uint32, buffer []byte) (text []byte, err error) {
	m := f.find(uid)
	if m == nil {
		return nil, gone(uid)
	}
	if int64(cap(buffer)) <= m.Size {
		buffer = make([]byte, m.Size+m.Size/2+1)
	}
	text = buffer[:m.Size+1] // the octet more would tell of a larger file
	n := 0
	if base, _ := cutName(m.file); f.shortcut != nil && storedAsItTravels(base) {
		if n, err = f.shortcut.read(m, text); err == nil && int64(n) == m.Size {
			return text[:n], nil
		}
	}
	file, err := f.Open(uid) // which finds a file that is called otherwise by now
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if n, err = io.ReadFull(file, text); err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if err == nil && int64(n) != m.Size {
		err = ErrSize
	}
	return text[:n], err
}
