package world

import "testing"

// TestMailAccounts: whose mail is where in the world that everybody starts with.
func TestMailAccounts(t *testing.T) {
	plan, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Plan: plan}
	for _, c := range []struct{ host, user, address, server string }{
		{"alice", "", "alice@example.edu", "mail.example.edu"},
		{"carol", "", "carol@example.edu", "mail.example.edu"},
		{"bob", "", "bob@example.com", "mail.example.com"}, // on the campus, with his mail elsewhere
		{"alice", "erin", "erin@example.org", "mail.example.org"},
		{"www", "alice", "alice@example.edu", "mail.example.edu"},
		{"dns", "", "", ""},
		{"nobody", "", "", ""},
	} {
		a := w.MailAccount(c.host, c.user)
		if a.Address != c.address || a.Server != c.server || a.Address != "" && a.Password != a.User {
			t.Errorf("%s, %s: %+v", c.host, c.user, a)
		}
	}
	if a := w.MailAccount("alice", ""); a.Host != "alice.example.edu" {
		t.Errorf("%+v", a)
	}
}
