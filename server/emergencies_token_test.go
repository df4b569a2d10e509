package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server"
)

// A token of a user of the desk ends with its session, at once.
func TestEmergencyTokenEndsWithSession(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		master := d.join(models.Master)
		for name, end := range map[string]func(m *tokenHolder){
			"logout":     func(m *tokenHolder) { m.refreshCSRF(); m.json("POST", "/logout", nil).want(t, 200) },
			"logout GET": func(m *tokenHolder) { m.get("/logout") },
			"deactivated": func(m *tokenHolder) {
				master.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", m.user.ID), nil).want(t, 200)
			},
			"deleted": func(m *tokenHolder) {
				master.json("DELETE", fmt.Sprintf("/users/api/delete/%d", m.user.ID), nil).want(t, 200)
			},
			"password reset": func(m *tokenHolder) {
				master.json("POST", fmt.Sprintf("/reset_password/%d", m.user.ID), map[string]any{"new_password": "nueva-clave-9"}).want(t, 200)
			},
			"own new password": func(m *tokenHolder) {
				m.refreshCSRF()
				m.json("POST", "/change_password", map[string]any{"old_password": deskPassword, "new_password": "nueva-clave-9"}).want(t, 200)
			},
			"revoked": func(m *tokenHolder) {
				master.json("DELETE", fmt.Sprintf("/api/sessions?user_id=%d", m.user.ID), nil).want(t, 200)
			},
			"signed in anew": func(m *tokenHolder) {
				m.json("POST", "/auth/login", map[string]any{"identificador": m.user.Username, "contrasena": deskPassword}).want(t, 200)
			},
		} {
			m := d.staff(models.Operador)
			m.call("GET", "/solicitudes", nil).want(t, 200)
			end(m)
			r := m.call("GET", "/solicitudes", nil)
			if wantDetail(t, r, 401); t.Failed() {
				t.Fatal(name)
			}
			// A new session may get the row's number; the old token is not worth it.
			d.staff(models.Operador)
			m.call("GET", "/solicitudes", nil).want(t, 401)
			if v := m.json("POST", "/auth/verify", map[string]any{"token": m.token}).want(t, 200); v.body["valid"] != false {
				t.Errorf("%s: %s", name, v.raw)
			}
		}
		// Another role counts at once, and the token of a role without access is worth nothing.
		m := d.staff(models.Operador)
		for i, step := range []struct {
			role   string
			status int
		}{{models.Operador, 403}, {models.Master, 201}, {models.Operador, 403}, {models.Trader, 403}} {
			master.json("PUT", fmt.Sprintf("/users/api/update/%d", m.user.ID), map[string]any{"role": step.role}).want(t, 200)
			plate := map[string]any{"placa": fmt.Sprintf("AAA00%d", i), "tipoAmbulancia": "BASICA"}
			m.call("POST", "/ambulancias", plate).want(t, step.status)
			kind := map[string]any{models.Operador: "OPERADOR_EMERGENCIA", models.Master: "ADMINISTRADOR"}[step.role]
			v := m.json("POST", "/auth/verify", map[string]any{"token": m.token}).want(t, 200)
			if user, _ := v.body["usuario"].(map[string]any); v.body["valid"] != true || user["tipoUsuario"] != kind {
				t.Errorf("%s: %s", step.role, v.raw)
			}
		}
		wantDetail(t, m.call("GET", "/solicitudes", nil), 403)
		// And it ends by the clock.
		late := d.staff(models.Operador)
		d.advance(24*time.Hour - time.Second)
		late.call("GET", "/solicitudes", nil).want(t, 200)
		d.advance(2 * time.Second)
		wantDetail(t, late.call("GET", "/solicitudes", nil), 401)
	}, patient)
}

// A token of an account ends when the account changes.
func TestEmergencyTokenEndsWithAccount(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		person := d.requester("111").ID
		for name, end := range map[string]func(tx *models.Tx, id int64) error{
			"disabled": func(tx *models.Tx, id int64) error { _, err := tx.SetEmergencyAccountActive(id, false); return err },
			"password": func(tx *models.Tx, id int64) error {
				_, err := tx.SetEmergencyAccountPassword(id, cheapHash)
				return err
			},
			"disabled and enabled": func(tx *models.Tx, id int64) error {
				_, err := tx.SetEmergencyAccountActive(id, false)
				if err == nil {
					_, err = tx.SetEmergencyAccountActive(id, true)
				}
				return err
			},
		} {
			m := d.holder(strings.ReplaceAll(name, " ", "."), models.AccountRequester, person)
			path := fmt.Sprintf("/solicitudes/solicitante/%d", person)
			m.call("GET", path, nil).list(t)
			d.tx(func(tx *models.Tx) error { return end(tx, m.account.ID) })
			wantDetail(t, m.call("GET", path, nil), 401)
		}
		_, r := d.signInTo("disabled", deskPassword)
		wantDetail(t, r, 403)
	}, patient)
}

// What is no token of ours is 401, none 403 (emergencies contract 2).
func TestEmergencyForgedTokens(t *testing.T) {
	d := newDesk(t, models.SQLite, patient)
	m := d.staff(models.Master)
	head, payload, signature := strings.Split(m.token, ".")[0], strings.Split(m.token, ".")[1], strings.Split(m.token, ".")[2]
	other := newDesk(t, models.SQLite, func(c *server.Config) { c.SecretKey = "another key for tests, of enough characters" }).staff(models.Master)
	none := "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
	for name, header := range map[string]string{
		"other key": "Bearer " + other.token, "alg none": "Bearer " + none + "." + payload + ".", "alg none, signed": "Bearer " + none + "." + payload + "." + signature,
		"cut": "Bearer " + head + "." + payload, "no dots": "Bearer x", "long": "Bearer " + strings.Repeat("x", 5000),
		"twice": "Bearer " + m.token + " " + m.token, "service key": "Bearer rk_" + models.NewToken(), "session token": "Bearer " + m.cookie("session"),
	} {
		if r := m.send("GET", "/emergencias", nil, "Authorization", header); r.status != 401 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic " + m.token, m.token} {
		r := m.send("GET", "/emergencias", nil, "Authorization", header)
		if wantDetail(t, r, 403); r.body["detail"] != "Not authenticated" {
			t.Errorf("%q: %s", header, r.raw)
		}
	}
	if r := m.send("GET", "/emergencias", nil, "Authorization", "bearer "+m.token); r.status != http.StatusOK {
		t.Errorf("the scheme in lower case: %d", r.status)
	}
	// The cookie alone is nothing here, and a token is nothing at the desk's own routes.
	m.get("/emergencias").want(t, 403)
	m.client.Jar = nil
	m.send("GET", "/users/api/list", nil, "Authorization", "Bearer "+m.token).want(t, 401)
}
