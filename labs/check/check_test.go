package check

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/guest"
	"github.com/wirebook/wirebook/wire/packet"
)

// echo is an exercise for these tests: a client that sends a line to a server by
// TCP, and prints what comes back.
var echo = Lab{
	Name: "echo", Kind: Client, Port: 12000,
	Arguments: [][]string{nil, {"{host}", "{port}"}, {"--server", "{host}", "--port", "{port}"}},
	Answers:   []Answer{{Prompt: "port|端口", Type: "{port}"}, {Prompt: "host|server|服务器|主机", Type: "{host}"}, {Prompt: "pass|口令|密码", Type: "secret"}, {Type: "hello"}},
	Cases:     []Case{{Name: "line", Run: echoLine}},
}

func echoLine(t *T) {
	l := t.AcceptTCP()
	p := t.Start(nil)
	c, end := l.Accept()
	t.Accepted(end, Mistake{Name: "mistake.silent"})
	line, end := c.Line()
	t.Await(end, Mistake{Name: "mistake.silent", Conn: c})
	answer := t.Word()
	c.SendText(answer + " " + line)
	t.Await(p.Prints(func(out string) bool { return strings.Contains(out, answer) }), Mistake{Name: "mistake.silent", Conn: c})
}

// shout is one with a server.
var shout = Lab{
	Name: "shout", Kind: Server, Port: 12000, Arguments: [][]string{nil, {"{port}"}},
	Cases: []Case{{Name: "line", Run: func(t *T) {
		p := t.Start(nil)
		c := t.Dial(p)
		word := t.Word()
		c.SendText(word + "\n")
		line, end := c.Line()
		t.Await(end, Mistake{Name: "mistake.silent", Conn: c})
		t.Expect(line == strings.ToUpper(word)+"\n", Mistake{Name: "mistake.silent", Conn: c})
	}}},
}

// judge runs a Python program as a lab's.
func judge(t *testing.T, lab *Lab, source string, args ...string) Result {
	t.Helper()
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "program.py"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	return judgeIn(t, lab, dir, append([]string{"python3", "program.py"}, args...)...)
}

func judgeIn(t *testing.T, lab *Lab, dir string, command ...string) Result {
	t.Helper()
	r, err := Run(t.Context(), lab, Options{Command: command, Dir: dir, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return r.Results[0]
}

func wants(t *testing.T, r Result, verdict Verdict, mistake string) {
	t.Helper()
	got := ""
	if r.Mistake != nil {
		got = r.Mistake.Key
	}
	if r.Verdict != verdict || got != mistake {
		t.Errorf("%v %s, want %v %s\n%s", r.Verdict, got, verdict, mistake, r.Output)
	}
}

// client is what all clients here do, once they have host and port.
const client = `
import sys, socket
def talk(host, port, text="hello"):
    s = socket.create_connection((host, int(port)))
    s.sendall((text + "\n").encode())
    print(s.makefile().readline())
`

// TestWhomAClientFinds: whatever name, address and port stand in the source.
func TestWhomAClientFinds(t *testing.T) {
	for _, where := range []string{
		`"127.0.0.1", 12000`, `"localhost", 12000`, `socket.gethostname(), 12000`, `"smtp.gmail.com", 587`, `"192.168.1.17", 25`, `"8.8.8.8", 6789`,
		`"www.example.com", 80`, `"10.53.20.9", 1`, `"127.0.1.1", 99`,
	} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			wants(t, judge(t, &echo, client+"talk("+where+")\n"), Pass, "")
		})
	}
}

// TestHowAClientIsTold: by arguments, or by answers to what it asks.
func TestHowAClientIsTold(t *testing.T) {
	for name, source := range map[string]string{
		"arguments": "talk(sys.argv[1], sys.argv[2])",
		"usage":     "if len(sys.argv) != 3:\n    print('usage: client HOST PORT')\n    sys.exit()\ntalk(sys.argv[1], sys.argv[2])",
		"format":    "if len(sys.argv) != 3:\n    print('Format: client <address> <port>')\n    sys.exit(0)\ntalk(sys.argv[1], sys.argv[2])",
		"flags":     "import argparse\np = argparse.ArgumentParser()\np.add_argument('--server', required=True)\np.add_argument('--port', required=True)\na = p.parse_args()\ntalk(a.server, a.port)",
		"prompts":   "host = input('Server name: ')\nport = input('Port: ')\ntalk(host, port, input('Input lowercase sentence:'))",
		"Chinese":   "host = input('请输入服务器地址：')\nport = input('端口：')\ntalk(host, port)",
		"lines":     "print('Enter the host:')\nhost = input()\nprint('Enter the port:')\ntalk(host, input())",
		"password":  "import getpass\nassert getpass.getpass('Password: ') == 'secret'\ntalk('localhost', 12000)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants(t, judge(t, &echo, client+source+"\n"), Pass, "")
		})
	}
}

// TestSaidByC: what printf() says is seen while the program runs on.
func TestSaidByC(t *testing.T) {
	if stdbuf() == "" {
		t.Skip("no libstdbuf.so")
	}
	source := strings.Replace(client, "print(s.makefile().readline())", "ctypes.CDLL(None).puts(s.makefile().readline().encode())\n    time.sleep(1000)", 1)
	wants(t, judge(t, &echo, "import ctypes, time\n"+source+"talk('localhost', 12000)\n"), Pass, "")
}

// ping is an exercise for a client that sends no segment and no datagram.
var ping = Lab{
	Name: "ping", Kind: Client,
	Cases: []Case{{Name: "echo", Miniature: true, Run: func(t *T) {
		d := t.TakePackets(func(p *Packet) bool { return p.Has(packet.ICMP) })
		t.Start(nil)
		_, end := d.Receive()
		t.Accepted(end, Mistake{Name: "mistake.silent"})
	}}},
}

// TestRawSocketOfAMoment: a program that opens a socket for each message, and
// closes it at once, has got somewhere.
func TestRawSocketOfAMoment(t *testing.T) {
	wants(t, judge(t, &ping, `
import socket, time
for n in range(20):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
        s.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), ("127.0.0.1", 0))
    time.sleep(0.1)
`), Pass, "")
}

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"lab.yaml":   "args: [\"-x\", \"{port}\", \"{host}\"]\nstdin: [first, second]\nenv: {MODE: \"lab {port}\"}\nbuild: echo built >made\n",
		"program.py": client + "import os\nassert os.environ['MODE'] == 'lab 12000'\nassert open('made').read() == 'built\\n'\nassert sys.argv[1] == '-x'\nassert [input('?'), input('?')] == ['first', 'second']\ntalk(sys.argv[3], sys.argv[2])\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	wants(t, judgeIn(t, &echo, dir, "python3", "program.py"), Pass, "")
	if err := os.WriteFile(filepath.Join(dir, "lab.yaml"), []byte("arg: [x]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), &echo, Options{Command: []string{"python3", "program.py"}, Dir: dir}); err == nil || !strings.Contains(err.Error(), "arg") {
		t.Errorf("a manifest with a mistake: %v", err)
	}
}

// server is what all servers here do, once they are bound.
const server = `
import socket, sys
def serve(where):
    l = socket.socket()
    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    l.bind(where)
    l.listen(5)
    while True:
        c, _ = l.accept()
        c.sendall(c.makefile().readline().upper().encode())
        c.close()
`

// TestWhereAServerIsFound: whatever address and port it binds.
func TestWhereAServerIsFound(t *testing.T) {
	for _, where := range []string{`("", 12000)`, `("127.0.0.1", 12000)`, `("localhost", 80)`, `(socket.gethostname(), 1)`, `("0.0.0.0", 6789)`, `("", int(sys.argv[1]))`} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			wants(t, judge(t, &shout, server+"serve("+where+")\n"), Pass, "")
		})
	}
}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name, source string
		verdict      Verdict
		mistake      string
	}{
		{"syntax", "def f(:\n", NoStart, "mistake.crash"},
		{"python 2", "print 'hello'\n", Interpreter, "mistake.python2"},
		{"library", "import no_such_library\n", Interpreter, "mistake.module"},
		{"old library", "import time\ntime.clock()\n", Interpreter, "mistake.python-old"},
		{"nothing", "pass\n", NoStart, "mistake.silent"},
		{"sleeps", "import time\ntime.sleep(1000)\n", NoStart, "mistake.silent"},
		{"crash after a while", client + "s = socket.create_connection(('localhost', 12000))\nimport time\ntime.sleep(0.5)\n[][1]\n", Crash, "mistake.crash-index"},
		{"crash of a thread", client + "import threading, time\ns = socket.create_connection(('localhost', 12000))\nthreading.Thread(target=lambda: [][1]).start()\ntime.sleep(1000)\n", Crash, "mistake.crash-index"},
		{"hang", client + "s = socket.create_connection(('localhost', 12000))\ns.recv(10)\n", Hang, "mistake.silent"},
		{"leaves", client + "s = socket.create_connection(('localhost', 12000))\n", Wrong, "mistake.silent"},
		{"flood", client + "s = socket.create_connection(('localhost', 12000))\nwhile True: print('x' * 1000)\n", Crash, "mistake.flood"},
		{"forks", client + "s = socket.create_connection(('localhost', 12000))\nimport os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", Crash, "mistake.limit"},
		{"memory", client + "s = socket.create_connection(('localhost', 12000))\nx = []\nwhile True: x.append(b'1' * (1 << 24))\n", Crash, "mistake.crash"},
	} {
		t.Run(c.name, func(t *testing.T) { wants(t, judge(t, &echo, c.source), c.verdict, c.mistake) })
	}
	t.Run("no program", func(t *testing.T) {
		if err := guest.Supported(); err != nil {
			t.Skip(err)
		}
		wants(t, judgeIn(t, &echo, t.TempDir(), "no-such-program"), NoStart, "mistake.program")
	})
}

// TestBusy has a program that computes for ever: that is not waiting.
func TestBusy(t *testing.T) {
	lab := echo
	lab.Cases = []Case{{Name: "line", Run: echoLine}}
	r := judge(t, &lab, client+"s = socket.create_connection(('localhost', 12000))\nwhile True: pass\n")
	wants(t, r, Hang, "mistake.busy")
}

// TestHarmless has a program do what it should not be able to.
func TestHarmless(t *testing.T) {
	precious := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(precious, []byte("keep"), 0o644); err != nil {
		t.Fatal(err)
	}
	source := client + `
import os, shutil
for f in [lambda: os.remove("` + precious + `"), lambda: open("` + precious + `", "w").write("gone"), lambda: shutil.rmtree(os.path.expanduser("~")), lambda: os.remove("/etc/passwd"), lambda: os.kill(` + strconv.Itoa(os.Getpid()) + `, 9)]:
    try:
        f()
    except OSError:
        pass
open("mine", "w").write("x")
talk("localhost", 12000)
`
	wants(t, judge(t, &echo, source), Pass, "")
	if text, err := os.ReadFile(precious); string(text) != "keep" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestInterrupted ends a check in the middle of a case.
func TestInterrupted(t *testing.T) {
	if err := guest.Supported(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	source := client + "s = socket.create_connection(('localhost', 12000))\ns.recv(10)\n"
	if err := os.WriteFile(filepath.Join(dir, "program.py"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, &echo, Options{Command: []string{"python3", "program.py"}, Dir: dir, Begun: func(*Case) { cancel() }})
	if err == nil {
		t.Error("nobody was told")
	}
}

// TestLoopback has the same programs judged without a miniature Internet.
func TestLoopback(t *testing.T) {
	for _, c := range []struct {
		lab    *Lab
		source string
	}{
		{&echo, client + "talk('localhost', 12000)\n"},
		{&echo, client + "talk(sys.argv[1], sys.argv[2])\n"},
		{&shout, server + "serve(('127.0.0.1', 12001))\n"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "program.py"), []byte(c.source), 0o644); err != nil {
			t.Fatal(err)
		}
		lab := *c.lab
		lab.Port = 21037
		source := strings.ReplaceAll(c.source, "12000", "21037")
		if err := os.WriteFile(filepath.Join(dir, "program.py"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), &lab, Options{Command: []string{"python3", "program.py"}, Dir: dir, Seed: 7, Loopback: true})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, r.Results[0], Pass, "")
	}
}

// TestWhoHasAnotherDoIt: a program of the system that would do the exercise is not
// found, and that it was started is told, however the program ends.
func TestWhoHasAnotherDoIt(t *testing.T) {
	lab := echo
	lab.Instead = []string{"telnet"}
	for name, source := range map[string]string{
		"shell":    "import os\nos.system('telnet server.example.com 12000')\n",
		"pipe":     "import subprocess\nsubprocess.run(['telnet', 'localhost'], check=True, capture_output=True)\n",
		"prompted": "import os\nos.system('telnet ' + input('Server: '))\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wants(t, judge(t, &lab, source), Wrong, "mistake.instead")
		})
	}
	t.Run("another", func(t *testing.T) { // clears the screen, say
		t.Parallel()
		wants(t, judge(t, &lab, client+"import os\nos.system('true')\ntalk('localhost', 12000)\n"), Pass, "")
	})
}

// TestWhatAMenuHas: its numbers are typed, whatever they are.
func TestWhatAMenuHas(t *testing.T) {
	a := answer{menu: regexp.MustCompile(`download|下载`)}
	for printed, want := range map[string]string{
		"1. Upload\n2. Download\n3. Quit\nYour choice: ": "2",
		"1.上传 2.下载 3.退出\n请选择: ":                          "2",
		"[3] download a file\n> ":                        "3",
		"Welcome to 10.53.1.1\nYour choice: ":            "",
	} {
		if got := a.chosen(printed); got != want {
			t.Errorf("%q: %q, want %q", printed, got, want)
		}
	}
}
