package middleware

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/relevo/relevo/models"
)

// VisitorCookie is the name of the cookie that says which push sockets are of one
// browser. It is worth nothing by itself: it names a browser that signs in to sockets
// which that browser has opened before. It is a cookie of its own because a handshake
// that is under way while the browser signs in must not replace the session's.
const VisitorCookie = "push_visitor"

// Visitor is the hash of the browser's visitor cookie, "" without one.
func (s *Sessions) Visitor(r *http.Request) string {
	token := s.rule.Cookie.of(r, VisitorCookie)
	if raw, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(raw) != 32 {
		return ""
	}
	return models.HashToken(token)
}

// GiveVisitor is Visitor, and puts a new cookie into the answer for a browser that has
// none.
func (s *Sessions) GiveVisitor(w http.ResponseWriter, r *http.Request) string {
	if hash := s.Visitor(r); hash != "" {
		return hash
	}
	token := models.NewToken()
	s.rule.Cookie.write(w.Header(), r, VisitorCookie, token, time.Time{})
	return models.HashToken(token)
}
