// Package uppercase is what the first two exercises have in common, the book's
// client and server of §2.7, once by TCP and once by UDP: a sentence goes to the
// server, and comes back in capitals.
//
//	sentence := uppercase.Sentence(t)
//	c.SendText(sentence + "\n")
//	got, _ := c.Receive(uppercase.Came(sentence))
//	uppercase.Reply(t, check.Mistake{Conn: c}, sentence, got)
//
// The words for the mistakes are in the catalogue under lab.uppercase.
package uppercase

import (
	"bytes"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// Book is the section with both programs: §2.7.1 has them by UDP, §2.7.2 by TCP.
const Book = "§2.7"

// Answers are what the client's user types. A prompt for the sentence may name the
// server, and one for the server may say "input", so the order matters.
var Answers = []check.Answer{
	{Prompt: `y/n|yes/no|是否`, Type: "n"},
	{Prompt: `sentence|lower|message|text|word|string|letters|句|消息|小写|内容|字符|文本|字母`, Type: "{sentence}"},
	{Prompt: `port|端口`, Type: "{port}"},
	{Prompt: `host|server|address|\bip\b|name|主机|地址|服务器`, Type: "{host}"},
	{Type: "{sentence}"},
}

// Arguments are the ways in which either program may take its arguments.
var Arguments = [][]string{
	nil,
	{"{host}", "{port}"},
	{"{port}"},
	{"{host}"},
	{"{host}", "{port}", "{sentence}"},
	{"{sentence}"},
	{"-p", "{port}"},
	{"--port", "{port}"},
	{"--host", "{host}", "--port", "{port}"},
}

// Places are typed while the program's way of taking them is found out.
var Places = check.Values{"sentence": "the quick brown fox"}

// Sentence is a few random words in lower case.
func Sentence(t *check.T) string {
	words := make([]string, 3+t.Rand.IntN(3))
	for i := range words {
		words[i] = t.Word()
	}
	return strings.Join(words, " ")
}

// Upper is what the server makes of a sentence.
func Upper(sentence string) string { return strings.ToUpper(sentence) }

// Came reports of what a program has sent whether the sentence is there in
// capitals.
func Came(sentence string) func([]byte) bool { return Contains(Upper(sentence)) }

// Contains reports of what a program has sent whether the text is there.
func Contains(text string) func([]byte) bool {
	return func(all []byte) bool { return bytes.Contains(all, []byte(text)) }
}

// bare is a message without the line's end, or what C leaves behind it.
func bare(message []byte) string { return strings.Trim(string(message), "\r\n\t \x00") }
