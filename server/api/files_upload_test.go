package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// A refused request leaves no file; one whose commit may have happened keeps it, since
// a row without its file would be worse.
func TestUploadsAfterTheTransaction(t *testing.T) {
	for _, tc := range []struct {
		name    string
		outcome error
		keep    bool
		stays   bool
	}{
		{"committed", nil, true, true},
		{"refused", models.Errorf(models.Invalid, "no"), false, false},
		{"unknown client", models.Errorf(models.NotFound, "no"), false, false},
		{"gave up before", nil, false, false},
		{"database gone at the commit", models.Errorf(models.Unavailable, "no"), false, true},
		{"fault", errors.New("broken"), false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := NewLocalFiles(t.TempDir(), "", 1<<10)
			saved, err := files.Save(context.Background(), "a.pdf", strings.NewReader("%PDF-1.7"))
			if err != nil {
				t.Fatal(err)
			}
			c, _ := gin.CreateTestContext(httptest.NewRecorder())
			c.Request = httptest.NewRequest("POST", "/", nil)
			if tc.outcome != nil {
				_ = c.Error(tc.outcome)
			}
			up := &uploads{saved: []Saved{saved}}
			if tc.keep {
				up.keep()
			}
			up.close(c)
			f, err := files.Open(context.Background(), strings.TrimPrefix(saved.URL, "/uploads/"))
			if tc.stays != (err == nil) {
				t.Fatalf("open: %v, want it to stay: %v", err, tc.stays)
			}
			if err == nil {
				_ = f.Content.Close()
			}
		})
	}
}
