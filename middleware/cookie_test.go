package middleware

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/models"
)

// oneSession is a store that knows one session and one remembered login.
type oneSession struct{ token, remember string }

func (s oneSession) SessionByToken(_ context.Context, token string, _ time.Time) (models.Session, error) {
	if token != s.token {
		return models.Session{}, models.Errorf(models.NotFound, "none")
	}
	return models.Session{ID: 7, UserID: 3}, nil
}

func (s oneSession) RememberedByToken(_ context.Context, token string, _ time.Time) (models.RememberedLogin, error) {
	if token != s.remember {
		return models.RememberedLogin{}, models.Errorf(models.NotFound, "none")
	}
	return models.RememberedLogin{ID: 9, UserID: 3}, nil
}

func (s oneSession) RestoreLogin(context.Context, string, models.Actor, time.Duration, func(*models.Tx) error) (models.RestoredLogin, error) {
	return models.RestoredLogin{}, models.Errorf(models.NotFound, "none")
}

const (
	knownToken    = "Zm9ybSBmb2xsb3dzIGZ1bmN0aW9uLCBhbHdheXMu"
	knownRemember = "cmVtZW1iZXIgbWUgdG9tb3Jyb3cgYXMgd2VsbC4u"
)

// The names that count, by what the browser came over: __Host- over TLS when
// compatibility is off, and then the plain ones never.
func TestCookieNames(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	proxies, err := NewProxies([]string{"10.0.0.0/8"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, secure, proto string
		prefix              bool
		want                string
	}{
		{"compatible, plain", "auto", "http", false, ""},
		{"compatible, TLS", "auto", "https", false, ""},
		{"plain", "auto", "http", true, ""},
		{"TLS", "auto", "https", true, "__Host-"},
		{"always secure", "always", "http", true, "__Host-"},
		{"never secure", "never", "https", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule := CookieRule{Name: "session", HostPrefix: c.prefix, Secure: c.secure, Proxies: proxies, Now: time.Now}
			sessions := NewSessions(oneSession{knownToken, knownRemember}, SessionRule{Cookie: rule, Lifetime: time.Hour})
			for cookie, signedIn := range map[string]bool{
				c.want + "session=" + knownToken:                         true,
				c.want + "remember_token=" + knownRemember:               true,
				other(c.want) + "session=" + knownToken:                  false,
				other(c.want) + "remember_token=" + knownRemember:        false,
				"a=b; " + c.want + "session=" + knownToken + "; session": true,
			} {
				req := httptest.NewRequest(http.MethodGet, "/", nil)
				req.RemoteAddr = "10.0.0.1:1"
				req.Header.Set("X-Forwarded-Proto", c.proto)
				req.Header.Set("Cookie", cookie)
				if id, err := sessions.Resolve(req); err != nil || id.Anonymous() == signedIn {
					t.Errorf("%s: %+v, %v", cookie, id, err)
				}
			}
			w := httptest.NewRecorder()
			ctx, _ := gin.CreateTestContext(w)
			ctx.Request = httptest.NewRequest(http.MethodGet, "/", nil)
			ctx.Request.RemoteAddr = "10.0.0.1:1"
			ctx.Request.Header.Set("X-Forwarded-Proto", c.proto)
			sessions.Write(ctx, "old", "", time.Time{})
			sessions.Write(ctx, knownToken, knownRemember, time.Now().Add(time.Hour))
			set := w.Header()["Set-Cookie"]
			if len(set) != 2 || !strings.HasPrefix(set[0], c.want+"session="+knownToken) || !strings.HasPrefix(set[1], c.want+"remember_token=") {
				t.Fatalf("cookies %q", set)
			}
			for _, s := range set {
				if strings.Contains(s, "Domain") || !strings.Contains(s, "Path=/; ") || !strings.Contains(s, "HttpOnly") || !strings.Contains(s, "SameSite=Lax") ||
					c.want != "" && !strings.Contains(s, "Secure") {
					t.Errorf("cookie %q", s)
				}
			}
		})
	}
}

func other(prefix string) string {
	if prefix == "" {
		return "__Host-"
	}
	return ""
}

// Whatever a Cookie header holds: nobody is signed in by anything but a token that
// the store knows, whole and under its own name.
func FuzzCookie(f *testing.F) {
	for _, header := range []string{
		"", "session=" + knownToken, "session=\"" + knownToken + "\"", "session=x; session=" + knownToken, "remember_token=" + knownRemember,
		"Session=" + knownToken, "session =" + knownToken, "session=" + knownToken + "=", "session=visitor.a.b", ";;;=;session", "session=\x00", "a=" + strings.Repeat("b", 5000),
		"session=" + knownToken[:20], "__Host-session=" + knownToken, "$Version=1; session=" + knownToken, "session=" + knownToken + ",x",
	} {
		f.Add(header, false)
		f.Add(header, true)
	}
	f.Fuzz(func(t *testing.T, header string, prefix bool) {
		rule := CookieRule{Name: "session", HostPrefix: prefix, Secure: "always", Now: time.Now}
		sessions := NewSessions(oneSession{knownToken, knownRemember}, SessionRule{Cookie: rule, Lifetime: time.Hour})
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header["Cookie"] = []string{header}
		id, err := sessions.Resolve(req)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if prefix {
			name = "__Host-"
		}
		if !id.Anonymous() && !holds(header, name+"session", knownToken) && !holds(header, name+RememberCookie, knownRemember) {
			t.Fatalf("%q signs in", header)
		}
	})
}

// holds is a reading of the header of its own, as generous as any.
func holds(header, name, value string) bool {
	for part := range strings.SplitSeq(header, ";") {
		key, rest, _ := strings.Cut(part, "=")
		if strings.TrimSpace(key) == name && strings.Trim(strings.TrimSpace(rest), `"`) == value {
			return true
		}
	}
	return false
}
