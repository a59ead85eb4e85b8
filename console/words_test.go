package console_test

import (
	"strings"
	"testing"
)

// Every word that the page's files name is in the catalogues.
func TestWords(t *testing.T) {
	s := show(t)
	for _, lang := range []string{"en", "zh-CN"} {
		var reply struct {
			Language string
			Words    map[string]string
		}
		s.get(t, "/api/words?lang="+lang, &reply)
		if reply.Language != lang || len(reply.Words) < 100 {
			t.Errorf("%s: %d words", reply.Language, len(reply.Words))
		}
		for key, text := range reply.Words {
			if strings.Contains(text, "⟦") || text == "" {
				t.Errorf("%s in %s: %s", key, lang, text)
			}
		}
		_, page := s.ask(t, "GET", "/?lang="+lang, "")
		if strings.Contains(page, "⟦") {
			t.Errorf("the page in %s lacks words:\n%s", lang, page)
		}
	}
}

// What is asked for in vain is said in the reader's language.
func TestMistakesInWords(t *testing.T) {
	s := show(t, withDemos(t))
	for _, wrong := range []struct{ path, body, en, zh string }{
		{"/api/held/999", `{"do":"release"}`, "This frame does not wait any longer.", "这个帧已经不在等待。"},
		{"/api/hold", `{"do":"begin","filter":"dns and host alise"}`, "Nobody here is called alise.", "这里没有"},
		{"/api/run/alice", `{"line":"dns 'www"}`, "A quotation mark is missing.", "缺少一个引号。"},
		{"/api/clock", `{"seconds":-1}`, "The clock can be moved ahead only", "时钟只能往前拨"},
		{"/api/demo", `{"do":"restart"}`, "No demo is being played.", "没有在播放演示。"},
		{"/api/demo", `{"do":"start","name":"nothing"}`, "There is none here.", "这里没有。"},
	} {
		for lang, want := range map[string]string{"en": wrong.en, "zh-CN": wrong.zh} {
			if status, text := s.ask(t, "POST", wrong.path+"?lang="+lang, wrong.body); status < 400 || !strings.Contains(text, want) {
				t.Errorf("%s %s: %d %s", wrong.path, wrong.body, status, text)
			}
		}
	}
}
