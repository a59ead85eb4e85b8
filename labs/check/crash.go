package check

import (
	"regexp"
	"strings"
)

// crash is what a program's last words tell.
type crash struct {
	verdict Verdict
	name    string // of the mistake
	last    string // the line that says what happened
	text    string // the traceback, or the last lines
}

// A traceback may begin behind a prompt, on whose line nobody has typed.
var tracebacks = []*regexp.Regexp{
	regexp.MustCompile(`(Exception in thread .*\n)?Traceback \(most recent call last\):`),    // Python
	regexp.MustCompile(`(?m)^panic: |^fatal error: |panic: .*\n(\[.*\n)*\ngoroutine \d+ \[`), // Go
	regexp.MustCompile(`Exception in thread "`),                                              // Java
	regexp.MustCompile(`(?m)^(Uncaught |)\w*Error: .*\n\s+at `),                              // JavaScript
	regexp.MustCompile(`(?m)^thread '.*' panicked at`),                                       // Rust
	regexp.MustCompile(`(?m)^\s+File ".*", line \d+\n`),                                      // Python: SyntaxError
}

func hasTraceback(output string) bool { return tracebackAt(output) >= 0 }

// tracebackAt is where the last traceback begins, or -1.
func tracebackAt(output string) int {
	last := -1
	for _, re := range tracebacks {
		if all := re.FindAllStringIndex(output, -1); len(all) > 0 {
			last = max(last, all[len(all)-1][0])
		}
		if last >= 0 {
			break
		}
	}
	return last
}

// ofInterpreters are the last words of programs for another version of their
// language, or that need a library which is not there.
var ofInterpreters = []struct {
	words *regexp.Regexp
	name  string
}{
	{regexp.MustCompile(`Missing parentheses in call to 'print'|Missing parentheses in call to 'exec'|multiple exception types must be parenthesized|NameError: name '(raw_input|unicode|xrange)'|No module named '(urllib2|httplib|ConfigParser|Queue|SocketServer|BaseHTTPServer|StringIO|Tkinter)'|inconsistent use of tabs|invalid syntax.*\n?.*print |except \w+, \w+:`), "mistake.python2"},
	{regexp.MustCompile(`module 'ssl' has no attribute 'wrap_socket'|No module named '(asyncore|asynchat|smtpd|imp|cgi|telnetlib|distutils)'|module 'time' has no attribute 'clock'|module 'inspect' has no attribute 'getargspec'`), "mistake.python-old"},
	{regexp.MustCompile(`ModuleNotFoundError: No module named|ImportError: `), "mistake.module"},
	{regexp.MustCompile(`UnsupportedClassVersionError|go: go.mod requires go >= `), "mistake.version"},
}

// ofCrashes are the last words of programs with a mistake that is often made.
var ofCrashes = []struct {
	words *regexp.Regexp
	name  string
}{
	{regexp.MustCompile(`UnicodeDecodeError`), "mistake.crash-decode"},
	{regexp.MustCompile(`UnicodeEncodeError`), "mistake.crash-encode"},
	{regexp.MustCompile(`a bytes-like object is required|must be str, not bytes|can't concat (str to bytes|bytes to str)|can only concatenate str \(not "bytes"\)|startswith first arg must be bytes|argument should be integer or bytes-like object|ord\(\) expected`), "mistake.crash-bytes"},
	{regexp.MustCompile(`IndexError|index out of range|ArrayIndexOutOfBounds`), "mistake.crash-index"},
	{regexp.MustCompile(`ConnectionResetError|BrokenPipeError|ConnectionAbortedError`), "mistake.crash-reset"},
	{regexp.MustCompile(`ConnectionRefusedError|connection refused`), "mistake.crash-refused"},
	{regexp.MustCompile(`(socket\.timeout|TimeoutError|timed out)`), "mistake.crash-timeout"},
	{regexp.MustCompile(`gaierror|no such host`), "mistake.crash-name"},
	{regexp.MustCompile(`[Aa]ddress already in use`), "mistake.crash-in-use"},
	{regexp.MustCompile(`EOFError`), "mistake.crash-input"},
	{regexp.MustCompile(`FileNotFoundError|FileNotFoundException|NoSuchFileException|ENOENT|no such file`), "mistake.crash-file"},
	{regexp.MustCompile(`PermissionError|permission denied`), "mistake.crash-permission"},
	{regexp.MustCompile(`struct\.error`), "mistake.crash-struct"},
}

func diagnose(output string) crash {
	c := crash{verdict: Crash, name: "mistake.crash", text: tail(output, 20)}
	at := tracebackAt(output)
	if at < 0 {
		return c
	}
	c.text = tail(output[at:], 30)
	c.last = lastWords(output[at:])
	for _, i := range ofInterpreters {
		if i.words.MatchString(output[at:]) {
			c.verdict, c.name = Interpreter, i.name
			return c
		}
	}
	for _, i := range ofCrashes {
		if i.words.MatchString(c.last) {
			c.name = i.name
			break
		}
	}
	return c
}

// lastWords is the line of a traceback that says what happened.
func lastWords(traceback string) string {
	lines := strings.Split(strings.TrimSpace(traceback), "\n")
	if strings.HasPrefix(traceback, "panic: ") || strings.HasPrefix(traceback, "Exception in thread \"") || strings.HasPrefix(traceback, "fatal error: ") {
		return lines[0]
	}
	error := regexp.MustCompile(`^[\w.]*(Error|Exception|Interrupt|Exit|timeout|gaierror|herror)\b.*`)
	for i := len(lines) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(lines[i]); error.MatchString(line) {
			return line
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}
