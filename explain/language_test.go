package explain

import "testing"

func TestParseLanguage(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Language
	}{
		{"en", English}, {"EN", English}, {"en_US.UTF-8", English}, {"en-GB", English},
		{"zh", Chinese}, {"zh-CN", Chinese}, {"zh_CN.UTF-8", Chinese}, {"zh_CN@pinyin", Chinese}, {"zh-Hans-SG", Chinese}, {"中文", Chinese},
	} {
		if got, err := ParseLanguage(test.in); got != test.want || err != nil {
			t.Errorf("ParseLanguage(%q) = %q, %v; want %q", test.in, got, err, test.want)
		}
	}
	for _, in := range []string{"", "fr", "engl", "C", "."} {
		if l, err := ParseLanguage(in); err == nil {
			t.Errorf("ParseLanguage(%q) = %q, want an error", in, l)
		}
	}
	_, err := ParseLanguage("fr")
	if want := `no language "fr" here: there are en and zh-CN`; err == nil || err.Error() != want {
		t.Errorf("have %v, want %s", err, want)
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, test := range []struct {
		name                             string
		wirebook, all, messages, setting string
		want                             Language
	}{
		{"nothing set", "", "", "", "", English},
		{"LANG", "", "", "", "zh_CN.UTF-8", Chinese},
		{"LC_MESSAGES before LANG", "", "", "en_US.UTF-8", "zh_CN.UTF-8", English},
		{"LC_ALL before LC_MESSAGES", "", "zh_CN.UTF-8", "en_US.UTF-8", "en_US.UTF-8", Chinese},
		{"LC_ALL=C is English, whatever LANG is", "", "C", "", "zh_CN.UTF-8", English},
		{"a language that is not ours", "", "", "", "de_DE.UTF-8", English},
		{"WIREBOOK_LANG before all", "zh", "C", "en_US.UTF-8", "en_US.UTF-8", Chinese},
		{"WIREBOOK_LANG that names none", "fr", "", "", "zh_CN.UTF-8", Chinese},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("WIREBOOK_LANG", test.wirebook)
			t.Setenv("LC_ALL", test.all)
			t.Setenv("LC_MESSAGES", test.messages)
			t.Setenv("LANG", test.setting)
			if got := FromEnvironment(); got != test.want {
				t.Errorf("have %s, want %s", got, test.want)
			}
		})
	}
}
