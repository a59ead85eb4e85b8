package mailbox

import (
	"errors"
	"strings"
	"testing"
)

func TestUsersFolders(t *testing.T) {
	for user, want := range map[string]string{
		"alice":             "alice",
		"alice@example.com": "alice@example.com",
		"a.b":               "a.b",
		"Alice":             "%41lice",
		".":                 "%2E",
		"..":                "%2E%2E",
		".hidden":           "%2Ehidden",
		"dot.":              "dot%2E",
		"../bob":            "%2E.%2Fbob",
		"a/b":               "a%2Fb",
		`a\b:c`:             "a%5Cb%3Ac",
		"a%b":               "a%25b",
		"\x00\n":            "%00%0A",
		"nul":               "%6Eul",
		"com1.x":            "%63om1.x",
		"common":            "common",
		"爱丽丝":               "%E7%88%B1%E4%B8%BD%E4%B8%9D",
	} {
		if got, err := userFolder(user); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", user, got, err, want)
		}
	}
	for _, user := range []string{"", strings.Repeat("x", 241), strings.Repeat("X", 81)} {
		if dir, err := userFolder(user); !errors.Is(err, ErrUser) {
			t.Errorf("%q: %q, %v", user, dir, err)
		}
	}
}

func TestFolderNames(t *testing.T) {
	for name, want := range map[string]string{
		"INBOX": ".", "inbox": ".", "Sent": ".Sent", "Lists/go": ".Lists.go", "v1.0": ".v1%2E0", "草稿": ".草稿", "a:b": ".a%3Ab", "50%": ".50%25",
		"..": ".%2E%2E", "../x": ".%2E%2E.x", "inbox/x": ".inbox.x",
	} {
		dir, err := folderDir(name)
		if dir != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", name, dir, err, want)
		}
		if want == "." {
			continue
		}
		if back, ok := folderName(dir); back != name || !ok {
			t.Errorf("%q came back as %q, %v", name, back, ok)
		}
	}
	for _, name := range []string{"", "/", "a/", "/a", "a//b", "a\nb", "a\x00", "\xff", strings.Repeat("x", 240)} {
		if dir, err := folderDir(name); !errors.Is(err, ErrFolder) {
			t.Errorf("%q: %q, %v", name, dir, err)
		}
	}
	for _, dir := range []string{"", ".", "..", "Sent", ".a..b", ".%", ".%zz", ".%41", ".a\n"} {
		if name, ok := folderName(dir); ok {
			t.Errorf("%q is folder %q", dir, name)
		}
	}
}

func TestMessageNames(t *testing.T) {
	for name, want := range map[string]struct {
		base, unique string
		size         int64
		flags        Flags
	}{
		"1.M2P3Q4.mail,S=5,W=6:2,FS":       {"1.M2P3Q4.mail,S=5,W=6", "1.M2P3Q4.mail", 6, Flagged | Seen},
		"1.M2P3Q4.mail:2,":                 {"1.M2P3Q4.mail", "1.M2P3Q4.mail", -1, 0},
		"1.M2P3Q4.mail":                    {"1.M2P3Q4.mail", "1.M2P3Q4.mail", -1, 0},
		"x,W=":                             {"x,W=", "x", -1, 0},
		"x,W=-1":                           {"x,W=-1", "x", -1, 0},
		"x,W=99999999999999999999":         {"x,W=99999999999999999999", "x", -1, 0},
		"x,W=1:1,S":                        {"x,W=1:1,S", "x", -1, 0},
		"x,SW=1,W=2":                       {"x,SW=1,W=2", "x", 2, 0},
		"x:2,aSTRPFDb":                     {"x", "x", -1, Draft | Flagged | Passed | Replied | Seen | Trashed},
		"with space":                       {"with space", "04566b4cae7a4afe64da1c4ac9e15e01", -1, 0},
		strings.Repeat("y", 71) + ",W=1:2": {strings.Repeat("y", 71) + ",W=1:2", "b3a4c5a8e96f9b1ef5a2ad9a7cbb8a3c", -1, 0},
	} {
		base, letters := cutName(name)
		if base != want.base || sizeInName(base) != want.size || parseFlags(letters) != want.flags {
			t.Errorf("%q: base %q, size %d, flags %s", name, base, sizeInName(base), parseFlags(letters))
		}
		got := uniqueID(base)
		if got != want.unique && len(want.unique) != 32 || len(got) != len(want.unique) {
			t.Errorf("%q: unique-id %q, want %q", name, got, want.unique)
		}
	}
}

func TestRenaming(t *testing.T) {
	for _, c := range []struct {
		name string
		f    Flags
		want string
	}{
		{"x", 0, "x:2,"}, {"x", Seen | Draft, "x:2,DS"}, {"x:2,S", 0, "x:2,"}, {"x:2,abS", Trashed, "x:2,Tab"},
	} {
		if got := rename(c.name, c.f); got != c.want {
			t.Errorf("%q with %s: %q, want %q", c.name, c.f, got, c.want)
		}
	}
}

func TestArrival(t *testing.T) {
	order := []string{"", "x", "7.P9Q1.a", "8.M1P1Q2.b", "8.M1P1Q10.b", "8.M2P1Q1.b", "10.a.b", "99999999999999999999.x"}
	for i := range len(order) - 1 {
		if arrivalOf(order[i]).compare(arrivalOf(order[i+1])) > 0 {
			t.Errorf("%q is before %q", order[i+1], order[i])
		}
	}
}

// FuzzNames: whatever a file is called, nothing panics, and what is made of it is
// right.
func FuzzNames(f *testing.F) {
	f.Add("1772442000.M123456P77Q4.mail,S=512,W=512,D=x:2,FSab", uint8(3))
	f.Fuzz(func(t *testing.T, name string, flags uint8) {
		base, _ := cutName(name)
		if arrivalOf(base).compare(arrivalOf(base)) != 0 {
			t.Error("not itself")
		}
		if id := uniqueID(base); id == "" || len(id) > 70 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("unique-id %q", id)
		}
		again, letters := cutName(rename(name, Flags(flags)&63))
		if again != base || parseFlags(letters) != Flags(flags)&63 {
			t.Errorf("%q with %s is %q", name, Flags(flags), rename(name, Flags(flags)))
		}
		if dir, err := userFolder(name); err == nil && (strings.ContainsAny(dir, "/\\:\x00") || dir[0] == '.') {
			t.Errorf("user %q has the folder %q", name, dir)
		}
		if dir, err := folderDir(name); err == nil && dir != "." {
			if back, ok := folderName(dir); back != name || !ok || strings.ContainsAny(dir, "/\\\x00") || strings.Contains(dir, "..") {
				t.Errorf("folder %q is %q and then %q", name, dir, back)
			}
		}
	})
}
