package server_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// payload is the only event since the last look, which must have the name.
func (d *desk) payload(name string) object {
	d.t.Helper()
	events := d.events()
	if len(events) != 1 || events[0].Name != name {
		d.t.Fatalf("events %+v, want one %s", events, name)
	}
	var out object
	if err := json.Unmarshal(events[0].Payload, &out); err != nil {
		d.t.Fatal(err)
	}
	return out
}

// contract 3.4, 5.25: what an update changes, clears and leaves, by role and body.
func TestClientUpdate(t *testing.T) {
	accounts := append(twoAccounts(), account(object{"bank_name": "BIF", "account_number": "7"}))
	cases := []struct {
		name, method, role string
		company            bool
		body, want         object
	}{
		{"Trader's accounts keep the phone", "PUT", models.Trader, false, object{"bank_accounts": accounts}, object{"phone": "999111222;013334444", "bank_name": "BCP"}},
		{"Master's accounts alone keep the phone", "PATCH", models.Master, false, object{"bank_accounts": accounts}, object{"phone": "999111222;013334444"}},
		{"nothing changes nothing", "PUT", models.Trader, false, object{}, object{"phone": "999111222;013334444", "email": "c1@correo.pe"}},
		{"missing phone clears it", "PUT", models.Master, false, object{"email": "Nuevo@Correo.PE", "bank_accounts": accounts}, object{"phone": nil, "email": "nuevo@correo.pe", "direccion": "Av. Sol 1"}},
		{"phone stays when sent", "PUT", models.Master, false, object{"phone": "1", "nombres": "Eva"}, object{"phone": "1", "full_name": "PEÑA RUIZ EVA"}},
		{"document, type and status stay", "PUT", models.Master, false, object{"document_type": "RUC", "dni": "20999999999", "status": "Inactivo", "phone": "1"}, object{"document_type": "DNI", "dni": "40000001", "status": "Activo"}},
		{"fields of the other type are ignored", "PUT", models.Master, false, object{"razon_social": "x", "phone": "1"}, object{"nombres": "Ana"}},
		{"address is cleared by an empty text", "PUT", models.Master, false, object{"direccion": "", "phone": "1"}, object{"direccion": nil, "full_address": "Lince, Lima"}},
		{"company's contact is cleared", "PUT", models.Master, true, object{"razon_social": "Norte"}, object{"razon_social": "Norte", "persona_contacto": nil}},
		{"company's contact is kept for a Trader", "PUT", models.Trader, true, object{"bank_accounts": accounts}, object{"persona_contacto": "Ana"}},
		{"single fields edit the first account", "PUT", models.Trader, false, object{"bank_name": "BIF", "bank_account_number": "9"}, object{"bank_name": "BIF", "bank_account_number": "9", "currency": "S/"}},
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				who := m
				if tc.role == models.Trader {
					who = d.join(models.Trader)
				}
				body := newPerson(1)
				if tc.company {
					body = newCompany(1)
				}
				id := idOf(m.addClient(body))
				lines := d.trail("UPDATE_CLIENT")
				d.events()
				d.advance(time.Minute)
				now := models.ToLima(d.now()).ISO()
				got := who.json(tc.method, fmt.Sprintf("/clients/api/update/%d", id), tc.body).want(t, 200).body["client"].(object)
				read := m.get(fmt.Sprintf("/clients/api/%d", id)).want(t, 200).body["client"].(object)
				for key, want := range tc.want {
					if got[key] != want || read[key] != want {
						t.Errorf("%s: answered %v, stored %v, want %v", key, got[key], read[key], want)
					}
				}
				if got["updated_at"] != now || got["created_by_id"] != float64(m.user.ID) {
					t.Errorf("updated_at %v, created_by_id %v", got["updated_at"], got["created_by_id"])
				}
				if p := d.payload("client_updated"); p["client_id"] != float64(id) || p["client_name"] != got["full_name"] {
					t.Errorf("payload %v", p)
				}
				if n := d.trail("UPDATE_CLIENT") - lines; n != 1 {
					t.Errorf("%d audit lines", n)
				}
				m.send("DELETE", fmt.Sprintf("/clients/api/delete/%d", id), nil).want(t, 200)
			})
		}
	})
}

// contract 3.4: what an update refuses, leaving everything as it was.
func TestClientUpdateRefused(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m, tr := d.join(models.Master), d.join(models.Trader)
		id := idOf(m.addClient(newPerson(1)))
		m.addClient(newPerson(2))
		path := fmt.Sprintf("/clients/api/update/%d", id)
		before := string(m.get(fmt.Sprintf("/clients/api/%d", id)).raw)
		d.events()
		for name, r := range map[string]reply{
			"Trader's phone":     tr.json("PUT", path, object{"phone": "1", "bank_accounts": twoAccounts()}),
			"Trader's other key": tr.json("PUT", path, object{"referido": "x"}),
			"taken e-mail":       m.json("PUT", path, object{"email": "c2@CORREO.pe", "nombres": "Eva"}),
			"empty e-mail":       m.json("PUT", path, object{"email": ""}),
			"empty name":         m.json("PUT", path, object{"nombres": ""}),
			"null name":          m.json("PUT", path, object{"nombres": nil}),
			"one account":        m.json("PUT", path, object{"nombres": "Eva", "bank_accounts": []object{account()}}),
			"no accounts":        m.json("PUT", path, object{"bank_accounts": []object{}}),
			"unknown client":     m.json("PUT", "/clients/api/update/999", object{"nombres": "Eva"}),
		} {
			t.Run(name, func(t *testing.T) { wantRefusal(t, r, 400) })
		}
		wantRefusal(t, m.json("PUT", "/clients/api/update/x", object{}), 404)
		if after := string(m.get(fmt.Sprintf("/clients/api/%d", id)).raw); after != before {
			t.Errorf("changed from %s to %s", before, after)
		}
		if names := d.eventNames(); len(names) != 0 || d.trail("UPDATE_CLIENT") != 0 {
			t.Errorf("refusals left events %v and audit lines", names)
		}
	})
}

// contract 2.3, 3.4: status and deletion.
func TestClientStatusAndDelete(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m, o := d.join(models.Master), d.join(models.Operador)
		id := idOf(m.addClient(newPerson(1)))
		d.events()
		change := fmt.Sprintf("/clients/api/change_status/%d", id)
		got := o.json("PATCH", change, object{"status": "Inactivo"}).want(t, 200).body["client"].(object)
		if got["status"] != "Inactivo" {
			t.Errorf("status %v", got["status"])
		}
		if p := d.payload("client_status_changed"); p["old_status"] != "Activo" || p["new_status"] != "Inactivo" {
			t.Errorf("payload %v", p)
		}
		for _, body := range []object{{"status": "activo"}, {"status": nil}, {}, {"status": 1}, {"status": "Activo<b>"}} {
			wantRefusal(t, o.json("PATCH", change, body), 400)
		}
		wantRefusal(t, o.json("PATCH", "/clients/api/change_status/999", object{"status": "Activo"}), 400)

		used := idOf(m.addClient(newPerson(2)))
		d.addOperation(t, used, m.user.ID, 1, models.Cancelado, models.NewMoney(1, 0))
		d.events()
		wantRefusal(t, m.send("DELETE", fmt.Sprintf("/clients/api/delete/%d", used), nil), 400)
		wantRefusal(t, m.send("DELETE", "/clients/api/delete/999", nil), 400)
		if names := d.eventNames(); len(names) != 0 {
			t.Errorf("refusals emitted %v", names)
		}
		m.send("DELETE", fmt.Sprintf("/clients/api/delete/%d", id), nil).want(t, 200)
		if p := d.payload("client_deleted"); p["client_id"] != float64(id) || p["client_name"] != "PEÑA RUIZ ANA" {
			t.Errorf("payload %v", p)
		}
		m.get(fmt.Sprintf("/clients/api/%d", id)).want(t, 404)
		if n := d.trail("DELETE_CLIENT"); n != 1 {
			t.Errorf("%d audit lines", n)
		}
	})
}

// contract 5.27: a deletion and a new operation at the same time never leave an
// operation without its client.
func TestClientDeleteAgainstOperation(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		for i := range 12 {
			id := idOf(m.addClient(newPerson(i)))
			var both sync.WaitGroup
			var deleted, created reply
			both.Go(func() { deleted = m.send("DELETE", fmt.Sprintf("/clients/api/delete/%d", id), nil) })
			both.Go(func() {
				created = m.json("POST", "/operations/api/create", object{
					"client_id": id, "operation_type": "Compra", "amount_usd": 100, "exchange_rate": 3.7,
				})
			})
			both.Wait()
			if (deleted.status == 200) == (created.status == 201) {
				t.Errorf("delete answered %d, create %d: %.200s %.200s", deleted.status, created.status, deleted.raw, created.raw)
			}
			loser := deleted
			if deleted.status == 200 {
				loser = created
			}
			wantRefusal(t, loser, 400)
		}
	})
}
