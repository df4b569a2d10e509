package server_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// emergencies contract 2, 2.3: the token of a user of the desk, and its session.
func TestEmergencySignIn(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for role, kind := range map[string]string{models.Operador: "OPERADOR_EMERGENCIA", models.Master: "ADMINISTRADOR"} {
			p := d.hire(role)
			for _, login := range []string{p.user.Username, p.user.Email, " " + p.user.Username + " "} {
				m, r := d.signInTo(login, deskPassword)
				r.want(t, 200)
				if r.body["token_type"] != "bearer" || r.body["expires_in"] != 86400.0 || len(r.body) != 3 || r.header.Get("Cache-Control") != "no-store" {
					t.Errorf("answer %s", r.raw)
				}
				c := claimsOf(t, m.token)
				if c["sub"] != p.user.Email || c["id"] != float64(p.user.ID) || c["nombreDeUsuario"] != p.user.Username || c["email"] != p.user.Email ||
					c["tipoUsuario"] != kind || c["exp"].(float64)-c["iat"].(float64) != 86400 {
					t.Errorf("claims %v", c)
				}
				if !m.signedIn() {
					t.Error("no session of the desk")
				}
				m.call("GET", "/emergencias", nil).want(t, 200)
			}
		}
		// What the desk shows of a session stands there for this one too.
		if n := d.trail("LOGIN"); n != 6 {
			t.Errorf("%d lines of sign-ins", n)
		}
	}, patient)
}

// The payload stays ASCII, and plain base64, whatever the name is (emergencies contract 2).
func TestEmergencyTokenIsASCII(t *testing.T) {
	d := newDesk(t, models.SQLite)
	u := models.User{Username: "Íñigo\u2028<😀> ~~~??? >>> \x7f\x7f\x7f", Email: "", PasswordHash: cheapHash, DNI: "12345678", Role: models.Operador, Status: models.Active, CreatedAt: models.ToLima(d.now())}
	d.tx(func(tx *models.Tx) error { return tx.InsertUser(&u) })
	m, r := d.signInTo(u.Username, deskPassword)
	r.want(t, 200)
	if c := claimsOf(t, m.token); c["nombreDeUsuario"] != u.Username || c["sub"] != u.Username {
		t.Errorf("claims %v", c)
	}
	m.call("GET", "/solicitudes", nil).want(t, 200)
}

func TestEmergencySignInRefused(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		p, trader, gone := d.hire(models.Operador), d.hire(models.Trader), d.hire(models.Operador)
		inactive := models.Inactive
		d.tx(func(tx *models.Tx) error {
			_, _, err := tx.UpdateUser(gone.user.ID, models.UserChange{Status: &inactive})
			return err
		})
		texts := map[string]bool{}
		for name, c := range map[string]struct {
			login, password string
			status          int
		}{
			"wrong":          {p.user.Username, "otra-cosa-9", 401},
			"unknown":        {"nadie", deskPassword, 401},
			"no text of SQL": {"na\x00die", deskPassword, 401},
			"wrong trader":   {trader.user.Username, "otra-cosa-9", 401},
			"wrong inactive": {gone.user.Username, "otra-cosa-9", 401},
			"trader":         {trader.user.Username, deskPassword, 403},
			"inactive":       {gone.user.Username, deskPassword, 403},
		} {
			m, r := d.signInTo(c.login, c.password)
			if wantDetail(t, r, c.status); t.Failed() {
				t.Fatal(name)
			}
			if c.status == 401 {
				texts[r.message()] = true
			}
			if m.token != "" || m.signedIn() {
				t.Errorf("%s: got in", name)
			}
		}
		if len(texts) != 1 {
			t.Errorf("wrong passwords are told apart: %v", texts)
		}
		s := d.stranger()
		for body, faults := range map[string]string{
			`{}`:                     "body.identificador missing, body.contrasena missing",
			`{"identificador":5}`:    "body.contrasena missing, body.identificador string_type",
			`{"identificador":null}`: "body.identificador missing, body.contrasena missing",
			`[]`:                     "body model_attributes_type",
			`null`:                   "body model_attributes_type",
			`{`:                      "body json_invalid",
			`{"identificador":"` + strings.Repeat("x", 300) + `","contrasena":"y"}`: "body.identificador string_too_long",
		} {
			r := s.send("POST", "/auth/login", []byte(body), "Content-Type", "application/json")
			wantDetail(t, r, 422)
			if faultsOf(r) != faults {
				t.Errorf("%.60s: %s, want %s", body, faultsOf(r), faults)
			}
		}
		wantDetail(t, s.send("POST", "/auth/login", []byte("a=b"), "Content-Type", "application/x-www-form-urlencoded"), 415)
		wantDetail(t, s.send("POST", "/auth/login", []byte(`"`+strings.Repeat("x", 70<<10)), "Content-Type", "application/json"), 413)
		// Another site cannot sign a browser in.
		body := []byte(fmt.Sprintf(`{"identificador":%q,"contrasena":%q}`, p.user.Username, deskPassword))
		for _, header := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			r := s.send("POST", "/auth/login", body, append(header, "Content-Type", "application/json")...)
			if wantDetail(t, r, 400); r.header.Get("Set-Cookie") != "" {
				t.Errorf("%v got a cookie", header)
			}
		}
	}, patient)
}

// The attempts count together with those of the desk's own sign-in (contract 3.1).
func TestEmergencySignInLimits(t *testing.T) {
	d := newDesk(t, models.SQLite, func(c *server.Config) { c.HTTP.TrustedProxies = []string{"127.0.0.1"} })
	p := d.hire(models.Operador)
	attempt := func(address, login, password string) reply {
		body := fmt.Sprintf(`{"identificador":%q,"contrasena":%q}`, login, password)
		return d.stranger().send("POST", "/auth/login", []byte(body), "Content-Type", "application/json", "X-Forwarded-For", address)
	}
	for range 3 {
		attempt("192.0.2.1", p.user.Username, "x").want(t, 401)
	}
	s := d.stranger()
	s.refreshCSRF()
	for range 2 {
		s.send("POST", "/login", []byte(`{"username":"`+p.user.Email+`","password":"x"}`), "Content-Type", "application/json", "X-Forwarded-For", "192.0.2.1").want(t, 401)
	}
	r := attempt("192.0.2.1", p.user.Username, deskPassword)
	if wantDetail(t, r, 429); r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	// Guessing from elsewhere keeps the operator out for no more than a turn.
	attempt("192.0.2.2", p.user.Username, deskPassword).want(t, 200)
	// Accounts are guarded alike.
	d.holder("ana.nunez", models.AccountRequester, 0)
	for i := range 5 {
		attempt(fmt.Sprintf("198.51.100.%d", i), "ana.nunez", "x")
	}
	wantDetail(t, attempt("198.51.100.1", "ana.nunez", "x"), 429)
}

// bcrypt hashes of the system replaced are taken, and no hash leaves.
func TestEmergencyAccounts(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		hash, err := bcrypt.GenerateFromPassword([]byte(deskPassword), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		person := d.requester("111").ID
		var a models.EmergencyAccount
		d.tx(func(tx *models.Tx) (err error) {
			a, err = tx.CreateEmergencyAccount(models.NewEmergencyAccount{
				Username: "ana.nunez", Email: "Ana@Casa.example", PasswordHash: string(hash), Kind: models.AccountRequester, PersonID: person,
			})
			return err
		})
		m, r := d.signInTo("ana@casa.example", deskPassword)
		r.want(t, 200)
		c := claimsOf(t, m.token)
		if c["sub"] != "ana@casa.example" || c["id"] != float64(a.ID) || c["tipoUsuario"] != "SOLICITANTE" || c["nombreDeUsuario"] != "ana.nunez" {
			t.Errorf("claims %v", c)
		}
		if r.header.Get("Set-Cookie") != "" || m.signedIn() {
			t.Error("an account has a session of the desk")
		}
		d.refuseSignIn(t, "ana.nunez", "otra-cosa-9", 401)
		v := m.json("POST", "/auth/verify", map[string]any{"token": m.token}).want(t, 200)
		user, _ := v.body["usuario"].(map[string]any)
		if v.body["valid"] != true || user["id"] != float64(a.ID) || user["tipoUsuario"] != "SOLICITANTE" || strings.Contains(string(v.raw), "$2") {
			t.Errorf("verified %s", v.raw)
		}
		v = m.json("POST", "/auth/verify", map[string]any{"token": m.token + "x"}).want(t, 200)
		if v.body["valid"] != false || v.body["usuario"] != nil || v.body["mensaje"] == "" {
			t.Errorf("verified %s", v.raw)
		}
		wantDetail(t, m.json("POST", "/auth/verify", map[string]any{}), 422)
	}, patient)
}

func (d *desk) refuseSignIn(t *testing.T, login, password string, status int) {
	t.Helper()
	_, r := d.signInTo(login, password)
	wantDetail(t, r, status)
}
