package check

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A program that wants arguments mostly says which: in a line of its own, or in that
// of a library (Python's argparse, Go's flag). Its words are read as those of a prompt
// would be: what is asked for is what is given.

// wayOf is the way to start a program with all that its usage line asks for; ok is
// false if there is no such line, or a word in it that nobody understands.
func (l *Lab) wayOf(output string) (way []string, ok bool) {
	line, ok := usageLine(output)
	if !ok {
		return l.flagsOf(output)
	}
	asked := l.needed(wordsOf(line))
	flag := ""
	for _, word := range asked {
		if isFlag(word) {
			flag = word
			way = append(way, word)
			continue
		}
		some, ok := l.argument(word, flag)
		if !ok {
			return nil, false
		}
		way = append(way, some...)
		flag = ""
	}
	return way, len(way) > 0
}

func isFlag(word string) bool {
	return len(word) > 1 && word[0] == '-' && !strings.Contains(word, "|")
}

// needed are the words of a usage line that may not be left out: what stands in
// brackets may, unless one of it is what the case wants, or all stands in brackets.
func (l *Lab) needed(words []string) (all []string) {
	for i, word := range words {
		switch {
		case word == "|":
		case i > 0 && words[i-1] == "|" && len(all) > 0: // -r | -w
			all[len(all)-1] += "|" + word
		case word[0] != '[':
			all = append(all, word)
		case strings.Contains(word, "|"):
			if _, ok := l.argument(strings.Trim(word, "[]"), ""); ok {
				all = append(all, "("+strings.Trim(word, "[]")+")")
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, word := range words {
		if inner := strings.Trim(word, "[]"); inner != "" && !isFlag(inner) && !strings.ContainsAny(inner, " [") {
			all = append(all, inner)
		}
	}
	return all
}

var (
	usageWord = regexp.MustCompile(`(?i)^.*?(?:\busage\s*(?:is)?\s*[:：\-]?|(?:用法示例|用法|使用方法|\bsyntax|\bformat)\s*[:：\-])\s*`)
	inWords   = regexp.MustCompile(`(?i)^(?:required )?arguments?(?: are)?(?: required)?\s*:\s*`)
	aStart    = regexp.MustCompile(`^\W*(?:python[\d.]*|java|node|go run|\./\S|\S+\.(?:py|js)\b)`)
	runner    = regexp.MustCompile(`^(?:sudo|python[\d.]*|py|java|node|go|run|sh|bash|-jar)$`)
)

// usageLine is the line, without the program, in which it says how it is started.
func usageLine(output string) (string, bool) {
	lines := strings.Split(strings.ReplaceAll(output, "\r", ""), "\n")
	for i, line := range lines {
		if at := usageWord.FindStringIndex(line); at != nil && !strings.HasPrefix(line[at[1]:], "of ") {
			return withoutProgram(goingOn(strings.TrimSpace(line[at[1]:]), lines[i+1:]))
		}
	}
	for _, line := range lines {
		if at := inWords.FindStringIndex(line); at != nil {
			return line[at[1]:], true
		}
		if aStart.MatchString(line) {
			return withoutProgram(strings.TrimSpace(line))
		}
	}
	return "", false
}

// goingOn is the whole of a usage line that goes on below: as argparse breaks it, far
// to the right, or all of it, below the word "Usage" alone.
func goingOn(line string, below []string) string {
	for _, more := range below {
		text := strings.TrimSpace(more)
		switch {
		case line == "":
			if line = text; line != "" && !strings.HasPrefix(more, "       ") {
				return line
			}
		case text == "" || !strings.HasPrefix(more, "       ") || aStart.MatchString(text):
			return line
		default:
			line += " " + text
		}
	}
	return line
}

func withoutProgram(line string) (string, bool) {
	for {
		word, rest, more := strings.Cut(line, " ")
		switch {
		case strings.ContainsAny(line[:min(len(line), 1)], "<[{(-"):
			return line, true
		case !more:
			return "", false
		}
		line = strings.TrimSpace(rest)
		if !runner.MatchString(word) {
			return line, true
		}
	}
}

// wordsOf are a usage line's words; what is in brackets is one.
func wordsOf(line string) (all []string) {
	depth, word := 0, strings.Builder{}
	end := func() {
		if w := strings.Trim(word.String(), ",;."); w != "" {
			all = append(all, w)
		}
		word.Reset()
	}
	for _, r := range line {
		switch r {
		case '[', '<', '{', '(':
			depth++
		case ']', '>', '}', ')':
			depth--
		case ' ', '\t', '=':
			if depth <= 0 {
				end()
				continue
			}
		}
		word.WriteRune(r)
	}
	end()
	return all
}

// argument is what is given for a word of a usage line; flag is what stands before it,
// and says more than the word does.
func (l *Lab) argument(word, flag string) ([]string, bool) {
	word = strings.Trim(word, "<>(){}\"'`")
	if place, ok := placeOf(word, l.Places); ok {
		return []string{place}, true
	}
	if _, ok := l.oneOf(word, l.Places); ok {
		return []string{"(" + word + ")"}, true
	}
	if host, port, both := strings.Cut(word, ":"); both && l.place(host) == "{host}" && l.place(port) == "{port}" {
		return []string{"{host}:{port}"}, true
	}
	if first, last, both := strings.Cut(word, "-"); both && l.place(first) == "{first}" && l.place(last) == "{last}" {
		return []string{"{first}-{last}"}, true
	}
	if _, err := netip.ParseAddr(word); err == nil {
		return []string{"{host}"}, true
	}
	const leastPort = 21
	if n, err := strconv.Atoi(word); err == nil && n >= leastPort {
		return []string{"{port}"}, true
	}
	if name := strings.TrimLeft(flag, "-"); len(name) > 1 && l.place(name) != "" {
		return []string{l.place(name)}, true
	}
	place := l.place(word)
	return []string{place}, place != ""
}

// oneOf is that of several words, parted by | or commas, that says what the values
// do: get, --get, "-g FILE".
func (l *Lab) oneOf(words string, values Values) (some []string, ok bool) {
	separator := "|"
	if !strings.Contains(words, separator) {
		separator = ","
	}
	for one := range strings.SplitSeq(words, separator) {
		if some, ok := l.wanted(strings.TrimSpace(one), values); ok {
			return some, true
		}
	}
	return nil, false
}

// chosen has of each argument that is several words, "(-g FILE|-p FILE|-l)", that which
// the case wants; if the program knows none for it, that of the lab's places.
func (l *Lab) chosen(arguments []string, values Values) (all []string) {
	for _, argument := range arguments {
		words, isChoice := strings.CutPrefix(argument, "(")
		some, ok := l.oneOf(strings.TrimSuffix(words, ")"), values)
		if !ok {
			some, ok = l.oneOf(strings.TrimSuffix(words, ")"), l.Places)
		}
		if !isChoice || !ok {
			some = []string{argument}
		}
		all = append(all, some...)
	}
	return all
}

func (l *Lab) wanted(words string, values Values) (some []string, ok bool) {
	word, value, hasValue := strings.Cut(words, " ")
	switch _, ok = placeOf(word, values); {
	case !ok || !hasValue:
		return []string{word}, ok
	default:
		p := l.place(strings.Trim(value, "<>"))
		return []string{word, p}, p != ""
	}
}

// placeOf is the place that is filled with the word, flag or not.
func placeOf(word string, values Values) (place string, ok bool) {
	bare := strings.TrimLeft(word, "-")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if bare != "" && strings.EqualFold(values[name], bare) {
			return word[:len(word)-len(bare)] + "{" + name + "}", true
		}
	}
	return "", false
}

// place is what answers a prompt with that word; "" if it is not known.
func (l *Lab) place(word string) string {
	word = strings.Join(strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return strings.ContainsRune(" _-.<>[]", r) }), " ")
	for _, a := range slices.Concat(l.Answers, usualWords) {
		if word == "" || a.Prompt == "" || !l.known(a.Type) {
			continue
		}
		if a.Type == "{host}" && aPort.MatchString(word) {
			continue // the target's port
		}
		if re, err := regexp.Compile(a.Prompt); err == nil && re.MatchString(word) {
			return a.Type
		}
	}
	return ""
}

var aPort = regexp.MustCompile(`ports?$|端口$`)

// known reports whether a text is one place that the lab fills, or none.
func (l *Lab) known(text string) bool {
	name, ok := strings.CutPrefix(text, "{")
	if !ok {
		return text != ""
	}
	name, ok = strings.CutSuffix(name, "}")
	_, own := l.Places[name]
	return ok && (own || name == "host" || name == "port" || name == "first}-{last")
}

// usualWords are those that mean the same in every exercise.
var usualWords = []Answer{
	{Prompt: `port|端口`, Type: "{port}"},
	{Prompt: `host|server|addr|\bip|target|dest|domain|主机|服务器|地址|目标`, Type: "{host}"},
	{Prompt: `user|login|account|用户`, Type: "{user}"},
	{Prompt: `pass|\bpw|密码`, Type: "{password}"},
	{Prompt: `\bop\b|operation|command|action|method`, Type: "{op}"},
	{Prompt: `dir|folder|root|目录`, Type: "{dir}"},
	{Prompt: `file|path|local|remote|output|文件|路径`, Type: "{file}"},
	{Prompt: `timeout|interval|delay|wait|seconds|超时|间隔`, Type: "1"},
	{Prompt: `count|number|times|thread|worker|concurren|retr|tries|次数|线程`, Type: "4"},
}

var (
	flagsBegin = regexp.MustCompile(`(?m)^Usage of .*:\n`)
	flagLine   = regexp.MustCompile(`(?m)^ +(-[\w-]+) (?:string|int|uint|value|duration|float)\s*\n?\s*(.*)$`)
)

// flagsOf reads what Go's package flag prints: which of the flags are needed, it does
// not say; those without a default may be.
func (l *Lab) flagsOf(output string) (way []string, ok bool) {
	at := flagsBegin.FindStringIndex(output)
	if at == nil {
		return nil, false
	}
	for _, f := range flagLine.FindAllStringSubmatch(output[at[1]:], -1) {
		place := l.place(strings.TrimLeft(f[1], "-"))
		switch {
		case strings.Contains(f[2], "(default") || place == "":
			continue
		case strings.Contains(f[2], ":port"):
			place = "{host}:{port}"
		}
		way = append(way, f[1], place)
	}
	return way, len(way) > 0
}
