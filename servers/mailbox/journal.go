package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/wirebook/wirebook/durable"
)

// The journal of a folder is a file of lines. The first has the UIDVALIDITY and
// the lowest UID that the next message can get; each further one a message's UID,
// its size with lines ended by CR LF, and the base of its name. They are those of
// package durable, each with a checksum.
//
//	5f3c0a91 wirebook-uids 1 1772442000 1
//	0a9be7c4 1 512 1772442000.M123456P77Q4.mail,S=512,W=512
//
// Lines are only added; those of messages that are gone stay until they are most
// of the file, which is then written anew. A line that a crash has cut is not
// heeded: its UID was told nobody.
type journal struct {
	damaged  bool // or missing: there is no first line
	validity uint32
	next     uint32
	last     uint32 // the UID of the last line
	lines    int
}

const journalStart = "wirebook-uids 1"

// maxUIDs is where a folder begins anew, with another UIDVALIDITY.
const maxUIDs = math.MaxUint32 - 1<<20

// readJournal reads the journal of a folder, and enters what it says of the names.
func readJournal(root *os.Root, names map[string]*found) (*journal, error) {
	file, err := root.Open(uidsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return &journal{damaged: true}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return parseJournal(file, names)
}

func parseJournal(r io.Reader, names map[string]*found) (*journal, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	line, err := nextLine(in)
	j := &journal{}
	if err == io.EOF || err == nil && !j.begin(line) {
		return &journal{damaged: true}, nil
	}
	for err == nil {
		if line, err = nextLine(in); err == nil {
			j.lines++
			j.enter(line, names)
		}
	}
	if err != io.EOF {
		return nil, err
	}
	if j.next > maxUIDs {
		j.damaged = true
		for _, n := range names {
			n.uid = 0
		}
	}
	return j, nil
}

// nextLine returns what a line says, if its checksum is right, and otherwise
// nothing. The slice is good until the next call.
func nextLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	for err == bufio.ErrBufferFull { // names are shorter: it is no line of ours
		line = nil
		_, err = in.ReadSlice('\n')
	}
	if err != nil {
		return nil, err
	}
	text, ok := durable.Line(line)
	if !ok {
		return nil, nil
	}
	return text, nil
}

// begin reads the first line.
func (j *journal) begin(line []byte) bool {
	numbers, ok := bytes.CutPrefix(line, []byte(journalStart+" "))
	validity, next, ok2 := bytes.Cut(numbers, []byte(" "))
	if !ok || !ok2 {
		return false
	}
	var errs [2]error
	j.validity, errs[0] = parseUint32(validity)
	j.next, errs[1] = parseUint32(next)
	return errors.Join(errs[:]...) == nil && j.validity > 0 && j.next > 0
}

// enter reads a message's line. Of a message that has two the last one counts: the
// first had been cut off and was not heeded, and then only its end was missing.
func (j *journal) enter(line []byte, names map[string]*found) {
	number, rest, _ := bytes.Cut(line, []byte(" "))
	octets, base, found := bytes.Cut(rest, []byte(" "))
	uid, err := parseUint32(number)
	size, err2 := strconv.ParseInt(string(octets), 10, 64)
	if !found || err != nil || err2 != nil || uid <= j.last || uid == math.MaxUint32 || size < 0 {
		return
	}
	j.last, j.next = uid, max(j.next, uid+1)
	if n := names[string(base)]; n != nil {
		n.uid, n.size = uid, size
	}
}

func parseUint32(digits []byte) (uint32, error) {
	n, err := strconv.ParseUint(string(digits), 10, 32)
	return uint32(n), err
}

func appendFound(b []byte, n *found) []byte {
	base, _ := cutName(n.file)
	return durable.AppendLine(b, fmt.Appendf(nil, "%d %d %s", n.uid, n.size, base))
}

// add adds lines, and brings them to the disk before anybody is told of them.
func (j *journal) add(root *os.Root, fresh []*found) error {
	var lines []byte
	for _, n := range fresh {
		lines = appendFound(lines, n)
	}
	return appendTo(root, uidsFile, lines)
}

// rewrite makes a new journal of those that are there.
func (j *journal) rewrite(root *os.Root, all []*found) error {
	lines := durable.AppendLine(nil, fmt.Appendf(nil, "%s %d %d", journalStart, j.validity, j.next))
	for _, n := range all {
		lines = appendFound(lines, n)
	}
	return durable.Replace(root, uidsFile, lines)
}
