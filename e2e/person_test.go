package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/relevo/relevo/server/live/livetest"
)

const password = "correcta-9"

var peopleMade atomic.Int64

// person is a browser of one user.
type person struct {
	p      *process
	t      *testing.T
	name   string
	id     int64
	role   string // that the user was made with; empty without a user
	client *http.Client
	csrf   string
}

// hire makes a user with the program's own verb and signs in.
func (p *process) hire(name, role string) *person {
	p.t.Helper()
	p.command(password+"\n", "user", "create", "--username", name, "--email", name+"@desk.example",
		"--dni", fmt.Sprintf("%08d", peopleMade.Add(1)), "--role", role, "--password-stdin")
	who := p.signIn(name, password)
	who.role = role
	return who
}

// stranger is a browser without a session.
func (p *process) stranger() *person {
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &person{p: p, t: p.t, client: &http.Client{
		Jar: jar, Timeout: patience, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var formToken = regexp.MustCompile(`name="csrf_token"[^>]*value="([^"]+)"`)

// signIn goes through the login form as a browser does (contract 3.2).
func (p *process) signIn(name, password string) *person {
	p.t.Helper()
	who := p.stranger()
	who.name = name
	form := who.send("GET", "/login", nil).want(200)
	token := formToken.FindSubmatch(form.raw)
	if token == nil {
		p.t.Fatalf("no csrf_token in the login form:\n%s", form.raw)
	}
	values := url.Values{"username": {name}, "password": {password}, "csrf_token": {string(token[1])}}
	who.send("POST", "/login", []byte(values.Encode()), "Content-Type", "application/x-www-form-urlencoded").want(302)
	session := who.send("GET", "/api/session", nil).want(200)
	user, _ := session.body["user"].(map[string]any)
	if session.body["authenticated"] != true || user["username"] != name {
		p.t.Fatalf("session after signing in as %s: %s", name, session.raw)
	}
	who.csrf, _ = session.body["csrf_token"].(string)
	who.id = int64(user["id"].(float64))
	return who
}

// cookie is the Cookie header of the person's session.
func (w *person) cookie() string {
	at, _ := url.Parse(w.p.url)
	var parts []string
	for _, c := range w.client.Jar.Cookies(at) {
		parts = append(parts, c.Name+"="+c.Value)
	}
	return strings.Join(parts, "; ")
}

// socket opens one more socket in the person's browser.
func (w *person) socket() *livetest.Client {
	w.t.Helper()
	header := http.Header{}
	if c := w.cookie(); c != "" {
		header.Set("Cookie", c)
	}
	s, err := livetest.Connect(soon(w.t), livetest.Dial{URL: w.p.url, Header: header})
	if err != nil {
		w.t.Fatalf("socket of %q: %v", w.name, err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// reply is an answer, read whole.
type reply struct {
	t      *testing.T
	what   string
	status int
	raw    []byte
	body   map[string]any
}

// want fails the test when the status differs, with the body.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: status %d, want %d: %.600s", r.what, r.status, status, r.raw)
	}
	return r
}

// object is a part of the answer, as in r.object("operation").
func (r reply) object(key string) map[string]any {
	r.t.Helper()
	o, ok := r.body[key].(map[string]any)
	if !ok {
		r.t.Fatalf("%s: no %s in %.600s", r.what, key, r.raw)
	}
	return o
}

// json sends v as JSON; nil sends no body.
func (w *person) json(method, path string, v any) reply {
	w.t.Helper()
	if v == nil {
		return w.send(method, path, nil)
	}
	b, err := json.Marshal(v)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.send(method, path, b, "Content-Type", "application/json")
}

// upload sends a PNG as a form's file field, with further fields.
func (w *person) upload(path, field string, fields map[string]string) reply {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range fields {
		_ = form.WriteField(k, v)
	}
	part, _ := form.CreateFormFile(field, "proof.png")
	_, _ = part.Write([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"))
	_ = form.Close()
	return w.send("POST", path, body.Bytes(), "Content-Type", form.FormDataContentType())
}

// send sends bytes; headers are name, value pairs.
func (w *person) send(method, path string, body []byte, headers ...string) reply {
	w.t.Helper()
	r, err := w.try(method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// try is send for a server that may be gone.
func (w *person) try(method, path string, body []byte, headers ...string) (reply, error) {
	req, err := http.NewRequest(method, w.p.url+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if w.csrf != "" && method != "GET" {
		req.Header.Set("X-CSRFToken", w.csrf)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{t: w.t, what: method + " " + path, status: resp.StatusCode, raw: raw}
	_ = json.Unmarshal(raw, &r.body)
	return r, nil
}

// client makes an active client of the desk and returns its id.
func (w *person) newClient(dni string) int64 {
	w.t.Helper()
	c := w.json("POST", "/clients/api/create", naturalPerson(dni)).want(201).object("client")
	if c["status"] != "Activo" {
		w.t.Fatalf("client made by %s is %v", w.name, c["status"])
	}
	return int64(c["id"].(float64))
}

// naturalPerson is what the clients page sends for a DNI.
func naturalPerson(dni string) map[string]any {
	return map[string]any{
		"document_type": "DNI", "dni": dni, "apellido_paterno": "ROJAS", "apellido_materno": "PEÑA", "nombres": "ANA",
		"email": dni + "@client.example", "phone": "987654321", "bank_accounts": bankAccounts(),
	}
}

func bankAccounts() []map[string]string {
	return []map[string]string{
		{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": "S/", "account_number": "19112345678901"},
		{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": "$", "account_number": "19112345678902"},
	}
}

// newOperation is what the operations page sends.
func newOperation(client int64) map[string]any {
	return map[string]any{
		"client_id": client, "operation_type": "Compra", "amount_usd": 1000, "exchange_rate": 3.75,
		"source_account": "19112345678902", "destination_account": "19112345678901",
	}
}

// newOperationOf creates an operation and returns its two ids.
func (w *person) newOperationOf(client int64) (id int64, code string) {
	w.t.Helper()
	o := w.json("POST", "/operations/api/create", newOperation(client)).want(201).object("operation")
	return int64(o["id"].(float64)), o["operation_id"].(string)
}
