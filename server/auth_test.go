package server_test

import (
	"testing"

	"github.com/relevo/relevo/models"
)

// contract 3.1: a script learns its token from GET /api/session.
func TestSessionEndpoint(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		s := d.stranger().get("/api/session").want(t, 200)
		if s.body["authenticated"] != false || s.body["user"] != nil || s.body["csrf_token"] == "" {
			t.Errorf("stranger: %s", s.raw)
		}
		p := d.join(models.Trader)
		r := p.get("/api/session").want(t, 200)
		user, _ := r.body["user"].(map[string]any)
		if r.body["authenticated"] != true || user["username"] != p.user.Username || user["email"] != p.user.Email || r.body["csrf_token"] == "" {
			t.Errorf("trader: %s", r.raw)
		}
		if _, leaked := user["password_hash"]; leaked {
			t.Error("the hash left the server")
		}
	})
}
