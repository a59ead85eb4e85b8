// Package demos plays scripted, narrated exchanges on a miniature Internet: a page
// load, a mail on its way, a handshake one segment at a time. It is what an
// instructor would do by hand in front of a class, and say while doing it.
//
// A demo is a file (docs/demos.md tells how to write one):
//
//	title: {en: Use the copy you have, zh-CN: 用你手里的副本}
//	summary: {en: …, zh-CN: …}
//	steps:
//	  - say: {en: Alice fetches a page., zh-CN: Alice 获取一个页面。}
//	    exec: alice http get http://www.example.com/
//	    expect: http from www "200 OK"
//	  - ask: {en: And the second time?, zh-CN: 第二次呢？}
//	    answer: {en: There is no body., zh-CN: 没有实体。}
//	    …
//
// Parse reads it, Check holds it against a world, and Play plays it:
//
//	err := demo.Play(ctx, demos.Options{World: w, Clients: commandLine, Tell: show, Wait: key})
//
// What happens is told as Events, in their order: the words, what is done, the
// messages that it causes, tables. Who shows them, on a terminal or on a page,
// decides how they look. The words of an event are in all languages, so that the
// language can be changed while a demo is on.
//
// Nothing is drawn up: each message is one that was sent on the network, and a demo
// that awaits a message which does not come says so.
package demos
