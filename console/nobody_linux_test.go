package console_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// asNobody asks for a page as another user; only root can be one: else the status is "".
func asNobody(t *testing.T, url string) (status, text string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return "", ""
	}
	curl := exec.Command("curl", "-s", "-w", "\n%{http_code}", url)
	curl.Dir = "/"
	curl.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := curl.Output()
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndexByte(string(out), '\n')
	return string(out[at+1:]), string(out[:at])
}
