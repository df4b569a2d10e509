package api

import (
	"strings"
	"testing"
)

// contract 5.29: only URLs of the own store are taken from clients.
func TestOwnFileURL(t *testing.T) {
	id := strings.Repeat("ab27", 6) + "xy.png"
	if !isFileID(newFileID(".pdf")) || !isFileID(id) {
		t.Fatal("an id that was made is none")
	}
	own := NewFiles(nil, "https://mesa.example/", 1)
	for s, want := range map[string]bool{
		"/uploads/" + id:                     true,
		"https://mesa.example/uploads/" + id: true,
		"http://mesa.example/uploads/" + id:  false,
		"https://evil.example/uploads/" + id: false,
		"//mesa.example/uploads/" + id:       false,
		"/uploads/" + id + "?x":              false,
		"/uploads/" + id + "#x":              false,
		"/uploads/" + id[1:]:                 false,
		"/uploads/../" + id:                  false,
		"/uploads/" + strings.ToUpper(id):    false,
		"javascript:alert(1)":                false,
		"/uploads/" + id[:26] + ".html":      false,
		"/uploads/" + id[:26]:                false,
		"/uploads/" + id + `" onclick="x`:    false,
		"":                                   false,
		" /uploads/" + id:                    false,
		"/uploads/" + id[:25] + "\u00e9.png": false,
		"/uploads/" + "a/b" + id[3:]:         false,
	} {
		if got := own.Own(s); got != want {
			t.Errorf("Own(%q) = %v", s, got)
		}
	}
}
