package explain

import (
	"cmp"
	"slices"
	"strings"
)

// mostSuggestions is how many names Suggest gives at most.
const mostSuggestions = 5

// Suggest is what a reader who typed this may have meant: the nearest names,
// best first, and none where nothing is near.
func Suggest(query string) []string {
	type near struct {
		name     string
		distance int
	}
	question := []rune(fold(query))
	allowed := 1 + len(question)/4
	if len(question) < 2 || len(question) > 64 {
		return nil
	}
	var found []near
	for i := range facts().entries {
		entry := &facts().entries[i]
		best := allowed + 1
		for name := range strings.SplitSeq(entry.names(), "\n") {
			best = min(best, distance(question, []rune(name), allowed))
		}
		if best <= allowed {
			found = append(found, near{entry.Name, best})
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, f := range found {
		if !slices.Contains(names, f.name) && len(names) < mostSuggestions {
			names = append(names, f.name)
		}
	}
	return names
}

// distance counts the letters to insert, drop, change or swap with the next to
// make b of a; it stops counting beyond limit.
func distance(a, b []rune, limit int) int {
	if max(len(a), len(b))-min(len(a), len(b)) > limit {
		return limit + 1
	}
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range a {
		current[0] = i + 1
		for j := range b {
			change := previous[j]
			if a[i] != b[j] {
				change++
			}
			current[j+1] = min(change, previous[j+1]+1, current[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				current[j+1] = min(current[j+1], before[j-1]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
