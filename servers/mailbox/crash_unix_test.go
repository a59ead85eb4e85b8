//go:build unix

package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A child is this test's binary as another process, which is killed in the middle
// of its task.
func init() {
	tasks["deliver"] = func(dir string) {
		m, _ := childsMailbox(dir)
		for i := 0; ; i++ {
			fail(m.Deliver(context.Background(), fmt.Sprint(i), strings.NewReader(letter(i))))
			fmt.Println(i)
		}
	}
	tasks["remove"] = func(dir string) {
		_, inbox := childsMailbox(dir)
		for {
			fail(inbox.Refresh())
			for _, msg := range inbox.Messages() {
				fail(inbox.ChangeFlags([]uint32{msg.UID}, Seen, 0))
				fail(inbox.Remove([]uint32{msg.UID}))
				fmt.Println(msg.UID)
			}
		}
	}
	tasks["lock"] = func(dir string) {
		m, _ := childsMailbox(dir)
		_, err := m.Lock()
		fail(err)
		fmt.Println("locked")
		time.Sleep(time.Hour)
	}
}

// letter is a message that shows if something is missing.
func letter(i int) string {
	return fmt.Sprintf("Subject: %d\r\n\r\n%s\r\nthe end of %d\r\n", i, strings.Repeat("x", 20_000), i)
}

// during runs a child, and kills it after it has said so many lines and a moment
// more. It returns what the child said.
func during(t *testing.T, dir, task string, lines int) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MAILBOX_CHILD="+task, "MAILBOX_DIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	in := bufio.NewScanner(out)
	for in.Scan() {
		said = append(said, in.Text())
		if len(said) == lines {
			time.AfterFunc(time.Duration(rand.IntN(3000))*time.Microsecond, func() { cmd.Process.Kill() })
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return said
}

// TestKilledWhileDelivering: what was accepted is there, once and whole; what was
// not is not there in parts; and the queue, which tries everything again, makes
// no second copies.
func TestKilledWhileDelivering(t *testing.T) {
	for round := range 8 {
		dir := t.TempDir()
		accepted := during(t, dir, "deliver", 5*round+1)
		m := open(t, openStore(t, dir, Config{}), "alice")
		for i := range len(accepted) + 3 {
			if err := m.Deliver(t.Context(), fmt.Sprint(i), strings.NewReader(letter(i))); err != nil {
				t.Fatal(err)
			}
		}
		inbox := look(t, m, Inbox)
		seen := map[string]int{}
		for _, msg := range inbox.Messages() {
			seen[text(t, inbox, msg.UID)]++
		}
		for i := range len(accepted) + 3 {
			if seen[letter(i)] != 1 {
				t.Errorf("round %d: message %d is there %d times", round, i, seen[letter(i)])
			}
		}
		if len(seen) != len(accepted)+3 {
			t.Errorf("round %d: %d different messages, %d were accepted", round, len(seen), len(accepted))
		}
	}
}

// TestKilledWhileRemoving: what was removed does not come back by the queue.
func TestKilledWhileRemoving(t *testing.T) {
	const messages = 60
	dir := t.TempDir()
	m := open(t, openStore(t, dir, Config{}), "alice")
	for i := range messages {
		if err := m.Deliver(t.Context(), fmt.Sprint(i), strings.NewReader(letter(i))); err != nil {
			t.Fatal(err)
		}
	}
	for removed := 0; removed < messages-10; {
		removed += len(during(t, dir, "remove", 7))
		before := len(look(t, m, Inbox).Messages())
		after := open(t, openStore(t, dir, Config{}), "alice")
		for i := range messages {
			if err := after.Deliver(t.Context(), fmt.Sprint(i), strings.NewReader(letter(i))); err != nil {
				t.Fatal(err)
			}
		}
		inbox := look(t, after, Inbox)
		if n := len(inbox.Messages()); n != before || n > messages-removed {
			t.Fatalf("%d messages, then %d; %d of %d were removed", before, n, removed, messages)
		}
		for _, msg := range inbox.Messages() {
			if !strings.HasSuffix(text(t, inbox, msg.UID), fmt.Sprintf("the end of %d\r\n", msg.UID-1)) {
				t.Errorf("UID %d is another message", msg.UID)
			}
		}
	}
}

// TestTheLockOfOneWhoDied is free.
func TestTheLockOfOneWhoDied(t *testing.T) {
	dir := t.TempDir()
	m := open(t, openStore(t, dir, Config{}), "alice")
	during(t, dir, "lock", 1)
	unlock, err := m.Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
