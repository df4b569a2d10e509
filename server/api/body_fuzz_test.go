package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/relevo/relevo/middleware"
)

// Whatever body arrives with whatever type: it is read as an object of the right
// shape, or refused with a status and words of ours that quote nothing of it
// (contract 3.1).
func FuzzReadJSON(f *testing.F) {
	gin.SetMode(gin.ReleaseMode)
	for _, body := range []string{
		"", "{}", "null", " null\n", "[]", "1", `"x"`, `{"name":"x","count":1}`, `{"count":"1"}`, `{"count":1e400}`, `{"count":9223372036854775808}`,
		`{"name":null}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}", `{"name":"a","name":"b"}`, `{"__proto__":{"name":"x"}}`, `{"list":[{"name":1}]}`,
		"{} {}", "{}x", "\ufeff{}", strings.Repeat("[", 20000), `{"list":` + strings.Repeat("[", 11000) + strings.Repeat("]", 11000) + "}", `{"amount":NaN}`,
	} {
		f.Add([]byte(body), "application/json")
	}
	f.Add([]byte("{}"), "application/json; charset=utf-8")
	f.Add([]byte("{}"), "application/json;;")
	f.Add([]byte("{}"), "text/plain")
	f.Add([]byte("{}"), "")
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body)))
		c.Request.Header["Content-Type"] = []string{kind}
		var in struct {
			Name     *string `json:"name"`
			Count    int     `json:"count"`
			Remember remember
			List     []struct {
				Name string `json:"name"`
			} `json:"list"`
		}
		if middleware.ReadJSON(c, &in, maxBody) {
			var object map[string]json.RawMessage
			if err := json.Unmarshal(body, &object); err != nil || object == nil {
				t.Fatalf("%q is taken for an object", body)
			}
			if in.Name != nil && !utf8.ValidString(*in.Name) {
				t.Fatalf("%q gives text that is none", body)
			}
			if w.Body.Len() != 0 {
				t.Fatalf("taken and answered: %s", w.Body)
			}
			return
		}
		var answer struct {
			Success        *bool
			Message, Error string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Success == nil || *answer.Success || answer.Message == "" || answer.Message != answer.Error {
			t.Fatalf("answer %s", w.Body)
		}
		switch w.Code {
		case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		switch answer.Message {
		case "JSON inválido", "El contenido debe ser application/json", "El contenido supera el tamaño permitido":
		default:
			if !strings.HasPrefix(answer.Message, "El campo ") {
				t.Fatalf("words of %q: %s", body, answer.Message)
			}
		}
	})
}
