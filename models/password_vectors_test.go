//go:build !race

package models_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/relevo/relevo/models"
)

// The race detector makes a million rounds of PBKDF2 take minutes and has nothing
// to find in them: make test runs this file once without it.

// contract 3.2: hashes made by Werkzeug 2.2.2, 2.3.8 and 3.1.8. The legacy methods
// (refused in the file) match there and never here.
func TestHasherVerifiesWerkzeugHashes(t *testing.T) {
	raw, err := os.ReadFile("testdata/werkzeug_passwords.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Werkzeug, Hash, Password string
		Matches, Refused               bool
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 48 {
		t.Fatalf("%d vectors, want 48", len(vectors))
	}
	h := models.NewHasher(2)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			got, err := h.Verify(context.Background(), v.Hash, v.Password)
			if err != nil {
				t.Fatal(err)
			}
			if want := v.Matches && !v.Refused; got != want {
				t.Errorf("Werkzeug %s %q: %v, want %v", v.Werkzeug, v.Hash, got, want)
			}
		})
	}
}
