package models

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// PlainText returns what a person typed without markup, because pages inject names and
// notes as HTML (contract 5.29): tags, comments and the inside of script and style go,
// text stays as typed ("AT&T", "a < b"), also entities, which show as their character
// and can never become a tag. NUL, other control characters and broken UTF-8 go,
// because Postgres refuses the first and the last; newline and tab stay. White space
// around is trimmed. The result never holds a "<" that a browser would read as markup,
// and PlainText of it is itself.
func PlainText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	// Removing a tag can join its neighbours to a new one: "<<b>script>".
	for range maxMarkupDepth {
		next := withoutTags(s)
		if next == s {
			// A "<" at the end could meet a letter of the page.
			return strings.TrimSpace(strings.TrimRight(s, "< \t\n"))
		}
		s = next
	}
	return strings.TrimSpace(strings.ReplaceAll(s, "<", ""))
}

const maxMarkupDepth = 8

// withoutTags removes one layer of markup. A tag that never ends takes the rest with
// it: whatever text the page adds behind would end it.
func withoutTags(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var out strings.Builder
	hidden := "" // the element whose inside is not text
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return out.String()
		case html.TextToken:
			if hidden == "" {
				out.Write(z.Raw())
			}
		case html.StartTagToken, html.EndTagToken:
			name, _ := z.TagName()
			switch tag := string(name); {
			case kind == html.StartTagToken && (tag == "script" || tag == "style"):
				hidden = tag
			case kind == html.EndTagToken && tag == hidden:
				hidden = ""
			}
		}
	}
}
