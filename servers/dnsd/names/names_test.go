package names

import (
	"slices"
	"testing"
)

func TestTree(t *testing.T) {
	for name, want := range map[string][]string{
		".":                {"."},
		"com.":             {"com.", "."},
		"www.example.com.": {"www.example.com.", "example.com.", "com.", "."},
		`a\.b.com.`:        {`a\.b.com.`, "com.", "."},
	} {
		got := slices.Collect(Up(name))
		if !slices.Equal(got, want) {
			t.Errorf("up from %s: %q", name, got)
		}
		for i := range got {
			if parent := got[min(i+1, len(got)-1)]; Parent(got[i]) != parent {
				t.Errorf("the parent of %s is %s, want %s", got[i], Parent(got[i]), parent)
			}
		}
		for range Up(name) {
			break // one may have enough
		}
	}
	ordered := []string{".", "com.", "a.com.", "z.a.com.", "aa.com.", "b.com.", "org.", "a.org."}
	shuffled := []string{"a.org.", "b.com.", "z.a.com.", "org.", "aa.com.", ".", "a.com.", "com."}
	if slices.SortFunc(shuffled, Compare); !slices.Equal(shuffled, ordered) {
		t.Errorf("%q", shuffled)
	}
}
