package ftpc

import (
	"strconv"
	"strings"
	"time"
)

// parseMLSD reads a line of MLSD: facts, a space, and the name (RFC 3659 §7.2).
//
//	type=file;size=14;modify=20260301083000; hello.txt
//
// The directory itself and its parent, which some servers list, are left out.
func parseMLSD(line string, _ time.Time) (Entry, bool) {
	e := Entry{Size: -1, Line: line}
	facts, name, ok := strings.Cut(line, " ")
	if !ok {
		return e, true
	}
	e.Name = name
	for fact := range strings.SplitSeq(facts, ";") {
		key, value, _ := strings.Cut(fact, "=")
		switch strings.ToLower(key) {
		case "type":
			e.Kind, e.Target = mlsdKind(value)
			if kind := strings.ToLower(value); kind == "cdir" || kind == "pdir" {
				return e, false
			}
		case "size":
			e.Size = parseSize(value)
		case "modify":
			e.Modified, _ = parseTime(value)
		}
	}
	return e, true
}

// mlsdKind reads the fact "type" (RFC 3659 §7.5.1). Links are no part of it; this
// is how Unix servers write them.
func mlsdKind(value string) (Kind, string) {
	kind, target, _ := strings.Cut(value, ":")
	switch kind = strings.ToLower(kind); kind {
	case "file":
		return File, ""
	case "dir":
		return Dir, ""
	case "os.unix=slink", "os.unix=symlink":
		return Link, target
	}
	return Other, ""
}

// parseList reads a line of LIST, of whose form nothing is written anywhere.
func parseList(line string, now time.Time) (Entry, bool) {
	if e, ok := parseUnix(line, now); ok {
		return e, true
	}
	if e, ok := parseDOS(line); ok {
		return e, true
	}
	count, isTotal := strings.CutPrefix(line, "total ")
	_, err := strconv.ParseUint(count, 10, 64)
	return Entry{Line: line, Size: -1}, !isTotal || err != nil
}

// parseUnix reads a line as `ls -l` writes it:
//
//	-rw-r--r--    1 ftp      ftp            14 Mar 01 08:30 hello.txt
//	drwxr-xr-x    2 ftp      ftp          4096 Mar 01  2025 pub
//	lrwxrwxrwx    1 ftp      ftp             9 Mar 01 08:30 latest -> hello.txt
//
// Some leave out the group, or the number of links: what counts is where the
// month is.
func parseUnix(line string, now time.Time) (Entry, bool) {
	kinds := map[byte]Kind{'-': File, 'd': Dir, 'l': Link, 'b': Other, 'c': Other, 'p': Other, 's': Other}
	if len(line) < 10 || strings.Trim(line[1:10], "rwxsStTlL-") != "" {
		return Entry{}, false
	}
	kind, known := kinds[line[0]]
	if !known {
		return Entry{}, false
	}
	words, ends := fields(line, 9)
	for i := 3; i+2 < len(words); i++ {
		modified, ok := unixTime(words[i], words[i+1], words[i+2], now)
		name, spaced := strings.CutPrefix(line[ends[i+2]:], " ")
		if !ok || !spaced || name == "" {
			continue
		}
		e := Entry{Name: name, Kind: kind, Size: -1, Modified: modified, Line: line}
		switch kind {
		case File:
			e.Size = parseSize(words[i-1])
		case Link:
			if name, target, ok := strings.Cut(name, " -> "); ok {
				e.Name, e.Target = name, target
			}
		}
		return e, true
	}
	return Entry{}, false
}

// unixTime reads "Mar 01 08:30", which is of the last twelve months, or "Mar 01
// 2025". The time zone is the server's, and unknown: it is taken for UTC.
func unixTime(month, day, rest string, now time.Time) (time.Time, bool) {
	if at, err := time.Parse("Jan 2 2006", month+" "+day+" "+rest); err == nil {
		return at, true
	}
	now = now.UTC()
	at, err := time.Parse("Jan 2 15:04 2006", month+" "+day+" "+rest+" "+strconv.Itoa(now.Year()))
	if err != nil {
		// 29 February, in a year that has none.
		at, err = time.Parse("Jan 2 15:04 2006", month+" "+day+" "+rest+" "+strconv.Itoa(now.Year()-1))
	}
	if at.After(now.Add(24 * time.Hour)) {
		at = at.AddDate(-1, 0, 0)
	}
	return at, err == nil
}

// parseDOS reads a line as servers on Windows write it:
//
//	03-01-26  08:30AM       <DIR>          pub
//	03-01-2026  08:30AM               14 hello.txt
func parseDOS(line string) (Entry, bool) {
	words, ends := fields(line, 3)
	if len(words) < 3 {
		return Entry{}, false
	}
	e := Entry{Kind: File, Size: parseSize(words[2]), Line: line}
	at, err := time.Parse("01-02-06 03:04PM", words[0]+" "+words[1])
	if err != nil {
		at, err = time.Parse("01-02-2006 03:04PM", words[0]+" "+words[1])
	}
	e.Name, e.Modified = strings.TrimLeft(line[ends[2]:], " "), at
	if words[2] == "<DIR>" {
		e.Kind = Dir
	}
	return e, err == nil && e.Name != "" && (e.Kind == Dir || e.Size >= 0)
}

// fields are the first words of a line, and where each ends.
func fields(line string, most int) (words []string, ends []int) {
	at := 0
	for len(words) < most {
		for at < len(line) && line[at] == ' ' {
			at++
		}
		if at == len(line) {
			break
		}
		start := at
		for at < len(line) && line[at] != ' ' {
			at++
		}
		words, ends = append(words, line[start:at]), append(ends, at)
	}
	return words, ends
}

func parseSize(text string) int64 {
	size, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return -1
	}
	return int64(size)
}
