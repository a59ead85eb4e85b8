// Package explain holds the words that a learner reads, in English and in
// Chinese. No sentence for a learner stands anywhere else in Wirebook: a server
// says "304", and this package says what that means.
//
// There are two sorts of words:
//
//   - an entry explains one thing of a protocol: a status code, a header field,
//     a port, a flag, a state. It has a key, such as "http.status.304", and says
//     where the RFC and the book speak of it. See [Language.Entry] and
//     [Language.Lookup].
//   - a sentence is said by the program while it runs: a message's summary, a
//     finding, a line of a command. See [Language.Say].
//
// The words are YAML files in catalogue, one a language and topic. What is the
// same in every language (names, RFC numbers, sections of the book, what to see
// also) stands once, in catalogue/facts. README.md says how to add a key.
//
//	zh, _ := explain.ParseLanguage("zh")
//	for _, entry := range zh.Lookup("304") {
//		zh.Print(os.Stdout, entry, 80)
//	}
//
// The sections are those of Kurose & Ross, "Computer Networking: A Top-Down
// Approach", 8th edition, unless another edition is named. The Chinese terms are
// those of its translation: 分组 packet, 报文段 segment, 首部 header.
//
// Nothing is read before the first question, and then only what it needs.
package explain
