package check

import (
	"strings"
	"testing"
)

// fetcher is an exercise whose programs take many words.
var fetcher = Lab{
	Places: Values{"op": "get", "load": "download", "letter": "r", "rw": "read", "initial": "g", "file": "wirebook.bin", "user": "alice", "password": "secret"},
	Answers: []Answer{
		{Prompt: `command`, Type: "{op} {file}"}, {Prompt: `port|端口`, Type: "{port}"}, {Prompt: `file|文件`, Type: "{file}"}, {Prompt: `host|server|主机`, Type: "{host}"},
	},
}

// TestWhatAUsageLineAsksFor: "" is that nobody understands it.
func TestWhatAUsageLineAsksFor(t *testing.T) {
	for said, want := range map[string]string{
		"usage: x.py [-h] --host HOST --port PORT [--timeout T]\nx.py: error: the following arguments are required: --host, --port\n":             "--host {host} --port {port}",
		"usage: tftp.py [-h] -s SERVER [-p PORT] -o {read,write}\n               -f FILE\ntftp.py: error: the following arguments are required\n": "-s {host} -o (read,write) -f {file}",
		"usage: tftpc [-h] {get,put} ...\ntftpc: error: the following arguments are required: cmd\n":                                              "(get,put)",
		"usage: tftpc get [-h] --host HOST --file FILE\ntftpc get: error: the following arguments are required: --host, --file\n":                 "{op} --host {host} --file {file}",
		"usage: f.py [-h] -s SERVER (-g FILE | -p FILE | -l)\n":                                                                                   "-s {host} (-g FILE | -p FILE | -l)",
		"Usage: tftp_client.py [-r | -w] <server ip> <filename>\n":                                                                                "(-r | -w) {host} {file}",
		"Usage: tftp_client.py -r | -w <server ip> <filename>\n":                                                                                  "(-r|-w) {host} {file}",
		"Usage: five.py <host> <username> <password> <remote file> <local file>\n":                                                                "{host} {user} {password} {file} {file}",
		"pop.py -s <server> -u <user> -p <password>\n":                                                                                            "-s {host} -u {user} -p {password}",
		"usage vp.py -H <target host> -p <target port>\n":                                                                                         "-H {host} -p {port}",
		"usage vp.py -H <target host> -p <target server port>\n":                                                                                  "-H {host} -p {port}",
		"Usage: java TFTPClient host get|put file\n":                                                                                              "{host} (get|put) {file}",
		"usage: pop3 host:port user pass\n":                                                                                                       "{host}:{port} {user} {password}",
		"Required arguments: port\n":                                                                                                              "{port}",
		"用法: python3 ping.py <主机>\n":                                                                                                              "{host}",
		"Usage: client.py [host] [port]\n":                                                                                                        "{host} {port}",
		"tips:\npython xxxx.py 192.168.1.1\n":                                                                                                     "{host}",
		"Usage:\n  python c.py download HOST FILE\n  python c.py upload HOST FILE\n":                                                              "{load} {host} {file}",
		"Usage: pop.py -s <server>\n  -s   the server's address\n":                                                                                "-s {host}",
		"Usage of /tmp/x/program:\n  -file string\n    \tfile to fetch\n  -n int\n    \thow often (default 4)\n":                                  "-file {file}",
		"Usage of p:\n  -server string\n    \taddress of the server, host:port\n":                                                                 "-server {host}:{port}",
		"Usage: x.py <colour>\n":                                                                                                                  "",
		"Usage: ./server\n":                                                                                                                       "",
		"Hello\n":                                                                                                                                 "",
		"":                                                                                                                                        "",
	} {
		way, ok := fetcher.wayOf(said)
		if got := strings.Join(way, " "); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
}

// TestWhatACaseChooses: of several words in a usage line, those for what it wants.
func TestWhatACaseChooses(t *testing.T) {
	way := []string{"{host}", "(-g FILE | -p FILE | -l)", "(get,put)"}
	for op, want := range map[string]string{
		"get":  "{host} -g {file} get",
		"put":  "{host} -p {file} put",
		"list": "{host} -l get", // it has no word for that
		"zap":  "{host} -g {file} get",
	} {
		if got := strings.Join(fetcher.chosen(way, Values{"op": op, "initial": op[:1]}), " "); got != want {
			t.Errorf("%s: %q, want %q", op, got, want)
		}
	}
}
