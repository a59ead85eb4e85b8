package portscanner

import (
	"regexp"
	"strconv"
	"strings"
)

// said is what the program has said of ports.
type said struct {
	open  map[uint16]bool // it may be meant that it is open
	claim map[uint16]bool // it certainly is
}

var (
	number     = regexp.MustCompile(`\d+`)
	isOpen     = regexp.MustCompile(`\bopen(ed)?\b|开放|打开|开启|\bup\b|listening|success|accessible|连接成功`)
	notOpen    = regexp.MustCompile(`\bnot open|n't open|\bclosed?\b|filtered|refused|no answer|time(d)?[ -]?out|unreachable|fail|error|关闭|未开|没有开|不开|超时|拒绝|失败|过滤|无响应|\bdown\b`)
	notPort    = regexp.MustCompile(`(?i)\d+(\.\d+){3}|\d+[.:]\d+([.:]\d+)*|\d+\s*(ports|seconds|secs|ms|s\b|%|个|秒|毫秒)|\d+\s*(-|–|~|to|到|至|/)\s*\d+|\d+-\d+-\d+`)
	isProgress = regexp.MustCompile(`total|found|count|number of|共|总|scan|扫描|checking|trying|testing|正在`)
)

// read takes every line apart: which ports it names, and what it calls them. A
// line that names ports and says nothing of them, as in a list, is taken for
// "open"; that is no claim which could be wrong.
func read(output string) said {
	s := said{open: make(map[uint16]bool), claim: make(map[uint16]bool)}
	for line := range strings.FieldsFuncSeq(strings.ToLower(output), func(r rune) bool { return r == '\n' || r == '\r' }) {
		no := notOpen.MatchString(line)
		yes := isOpen.MatchString(notOpen.ReplaceAllString(line, " "))
		if no && !yes {
			continue
		}
		ports := numbers(notPort.ReplaceAllString(line, " "))
		progress := isProgress.MatchString(line)
		for _, port := range ports {
			if yes || !progress {
				s.open[port] = true
			}
			// A line that says both, or more than that, is not to be pinned down.
			if yes && !no && (!progress || len(ports) == 1) {
				s.claim[port] = true
			}
		}
	}
	return s
}

func numbers(text string) (all []uint16) {
	for _, digits := range number.FindAllString(text, -1) {
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil && n > 0 {
			all = append(all, uint16(n))
		}
	}
	return all
}
