package explain

import "testing"

// What a command pays that asks once: everything is read anew.
func BenchmarkColdLookup(b *testing.B) {
	for _, l := range Languages() {
		b.Run(string(l), func(b *testing.B) {
			for b.Loop() {
				readFacts()
				readSentences(l)
				c := readCatalogue(l)
				if found := c.index().find("304"); len(found) != 1 {
					b.Fatal(found)
				}
			}
		})
	}
}

func BenchmarkSay(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		English.Say("message.udp.data", map[string]any{"Count": 2})
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, query := range []string{"304", "if-mod", "no such words"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				English.Lookup(query)
			}
		})
	}
}
