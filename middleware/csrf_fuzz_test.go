package middleware

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// Whatever token and visitor's cookie arrive, by header or form: a change is reached
// with the token that was made for exactly this browser, and never otherwise.
func FuzzCSRFToken(f *testing.F) {
	gin.SetMode(gin.ReleaseMode)
	rule := CookieRule{Name: "session", Secure: "never", Now: time.Now}
	guard := NewCSRF("a key of this test, long enough", rule, NewOrigins(nil, ""), CSRFRule{Public: []string{"/login"}})
	reached := false
	r := gin.New()
	r.Use(func(c *gin.Context) {
		if c.GetHeader("X-Test-User") != "" {
			c.Set(identityKey, Identity{UserID: 3, SessionID: 7})
		}
	}, guard.Handler())
	r.POST("/login", func(*gin.Context) { reached = true })
	r.POST("/change", func(*gin.Context) { reached = true })

	// The same in every process of the fuzzer.
	const visit = "dWnD6HtCR5ne1rGqiG4gBBQZmdwAsSK2xu71JQW5Bc4"
	visitCookie := visitorPrefix + visit + "." + guard.sign("visit "+visit)
	visitToken := guard.sign(visitCookie)
	userToken := guard.sign(sessionSubject(Identity{UserID: 3, SessionID: 7}))
	for _, token := range []string{"", visitToken, userToken, visitToken + "x", visitToken[:10], "null", "%", "\x00", strings.Repeat("A", 43)} {
		for _, cookie := range []string{"", visitCookie, "visitor.", "visitor..", "visitor.a.b", visitCookie + ".", visitCookie[:30], visitToken} {
			f.Add(token, cookie, true, false)
			f.Add(token, cookie, false, true)
		}
	}
	f.Fuzz(func(t *testing.T, token, cookie string, form, signedIn bool) {
		path, body := "/login", ""
		if form {
			body = "csrf_token=" + url.QueryEscape(token)
		}
		if signedIn {
			path = "/change"
		}
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		if form {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		} else {
			req.Header["X-Csrftoken"] = []string{token}
		}
		req.Header["Cookie"] = []string{"session=" + cookie}
		if signedIn {
			req.Header.Set("X-Test-User", "3")
		}
		reached = false
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		want := signedIn && token == userToken || !signedIn && token == visitToken && holds("session="+cookie, "session", visitCookie)
		if reached && !want {
			t.Fatalf("token %q with cookie %q is taken", token, cookie)
		}
		if !reached && (w.Code != http.StatusBadRequest && w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), `"success":false`)) {
			t.Fatalf("refused with %d %s", w.Code, w.Body)
		}
		if !reached && token == userToken && signedIn {
			t.Fatalf("the right token is refused: %s", w.Body)
		}
	})
}

// Whatever form body arrives, the token is found only where the form has it.
func FuzzCSRFForm(f *testing.F) {
	gin.SetMode(gin.ReleaseMode)
	guard := NewCSRF("a key of this test, long enough", CookieRule{Name: "session", Now: time.Now}, NewOrigins(nil, ""), CSRFRule{})
	for _, body := range []string{"csrf_token=abc", "a=b&csrf_token=", "csrf_token=%zz", "csrf%5Ftoken=abc", ";csrf_token=abc", "&&&==", "csrf_token=a&csrf_token=b", strings.Repeat("x", maxForm+1)} {
		f.Add(body, "application/x-www-form-urlencoded")
		f.Add(body, "application/x-www-form-urlencoded; charset=\"")
		f.Add(body, "multipart/form-data; boundary=x")
	}
	f.Fuzz(func(t *testing.T, body, kind string) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodPost, "/login?csrf_token=of-the-query", strings.NewReader(body))
		c.Request.Header["Content-Type"] = []string{kind}
		token, err := guard.given(c)
		switch {
		case err != nil && token != "":
			t.Fatalf("token %q and %v", token, err)
		case err == nil && len(body) > maxForm && token != "":
			t.Fatalf("%d bytes were read", len(body))
		case token == "of-the-query" && !strings.Contains(body, "of-the-query") && !strings.Contains(body, "%"):
			t.Fatal("the query was read for the token")
		}
		if err != nil && StatusOf(err) != http.StatusBadRequest && StatusOf(err) != http.StatusRequestEntityTooLarge {
			t.Fatalf("status %d: %v", StatusOf(err), err)
		}
	})
}
