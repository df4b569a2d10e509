package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

type object = map[string]any

// twoAccounts is the least list that the rules take.
func twoAccounts() []object {
	return []object{
		{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": "S/", "account_number": "191-1"},
		{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": "$", "account_number": "191-2"},
	}
}

// newPerson is a body that creates a client with a DNI; the changes are laid over it,
// nil removes a key.
func newPerson(n int, changes ...object) object {
	body := object{
		"document_type": "DNI", "dni": fmt.Sprintf("4%07d", n), "email": fmt.Sprintf("C%d@Correo.pe", n), "phone": "999111222;013334444",
		"apellido_paterno": "Peña", "apellido_materno": "Ruiz", "nombres": "Ana", "direccion": "Av. Sol 1", "distrito": "Lince",
		"provincia": "Lima", "bank_accounts": twoAccounts(),
	}
	return changed(body, changes...)
}

// newCompany is a body that creates a client with a RUC.
func newCompany(n int, changes ...object) object {
	return changed(object{
		"document_type": "RUC", "dni": fmt.Sprintf("20%09d", n), "email": fmt.Sprintf("r%d@sur.pe", n), "razon_social": "Sur S.a.c.",
		"persona_contacto": "Ana", "bank_accounts": twoAccounts(),
	}, changes...)
}

func changed(body object, changes ...object) object {
	for _, c := range changes {
		maps.Copy(body, c)
	}
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	return body
}

// addClient creates a client over REST and returns it.
func (p *person) addClient(body object) object {
	p.d.t.Helper()
	r := p.json("POST", "/clients/api/create", body).want(p.d.t, 201)
	return r.body["client"].(object)
}

func idOf(client object) int64 { return int64(client["id"].(float64)) }

// trail is the number of audit lines of the action.
func (d *desk) trail(action string) (n int) {
	d.t.Helper()
	lines, err := d.store.AuditTrail(context.Background(), action)
	if err != nil {
		d.t.Fatal(err)
	}
	return len(lines)
}

// wantRefusal fails unless the answer is the error form of contract 3.1 and tells no
// secret of the database.
func wantRefusal(t *testing.T, r reply, status int) {
	t.Helper()
	r.want(t, status)
	if r.body["success"] != false || r.message() == "" || r.body["error"] != r.message() {
		t.Errorf("not the error form: %.300s", r.raw)
	}
	for _, secret := range []string{"SQL", "constraint", "UNIQUE", "database", "goroutine", "ix_clients", ".go:"} {
		if strings.Contains(string(r.raw), secret) {
			t.Errorf("the answer tells %q: %.300s", secret, r.raw)
		}
	}
}

// contract 2.7, 3.4, 4.6: create answers ClientDict by document type, with the events
// of 2.3 and one audit line.
func TestClientCreate(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m, tr := d.join(models.Master), d.join(models.Trader)
		got := m.addClient(newPerson(1))
		for key, want := range map[string]any{
			"document_type": "DNI", "dni": "40000001", "full_name": "PEÑA RUIZ ANA", "email": "c1@correo.pe", "phone": "999111222;013334444",
			"status": "Activo", "created_at": "2026-01-15T12:00:00.123456", "updated_at": nil, "created_by_id": float64(m.user.ID),
			"created_by_username": m.user.Username, "created_by_role": "Master", "direccion": "Av. Sol 1", "distrito": "Lince",
			"provincia": "Lima", "departamento": nil, "full_address": "Av. Sol 1, Lince, Lima", "validation_oc_url": nil,
			"bank_name": "BCP", "account_type": "Ahorro", "currency": "S/", "bank_account_number": "191-1", "origen": "Lima",
			"apellido_paterno": "Peña", "apellido_materno": "Ruiz", "nombres": "Ana", "dni_front_url": nil, "dni_back_url": nil,
		} {
			if v, there := got[key]; !there || v != want {
				t.Errorf("%s: %v, want %v", key, v, want)
			}
		}
		if _, there := got["razon_social"]; there {
			t.Error("a DNI client has razon_social")
		}
		accounts := got["bank_accounts"].([]any)
		if len(accounts) != 2 || fmt.Sprint(accounts[1]) != fmt.Sprint(twoAccounts()[1]) {
			t.Errorf("bank_accounts %v", accounts)
		}
		events := d.events()
		if len(events) != 2 || events[0].Name != "client_created" || events[1].Name != "nuevo_cliente" {
			t.Fatalf("events %v", events)
		}
		var payload object
		if err := json.Unmarshal(events[1].Payload, &payload); err != nil || payload["client_name"] != "PEÑA RUIZ ANA" || payload["client_dni"] != "40000001" {
			t.Errorf("nuevo_cliente %v", payload)
		}
		if n := d.trail("CREATE_CLIENT"); n != 1 {
			t.Errorf("%d audit lines", n)
		}
		company := tr.addClient(newCompany(1, object{"status": "Activo"}))
		for key, want := range map[string]any{
			"full_name": "SUR S.A.C.", "razon_social": "Sur S.a.c.", "persona_contacto": "Ana", "status": "Inactivo", "phone": nil,
			"dni_representante_front_url": nil, "dni_representante_back_url": nil, "ficha_ruc_url": nil, "created_by_role": "Trader", "full_address": nil,
		} {
			if v, there := company[key]; !there || v != want {
				t.Errorf("company %s: %v, want %v", key, v, want)
			}
		}
		if _, there := company["nombres"]; there {
			t.Error("a RUC client has nombres")
		}
		if c := m.addClient(newPerson(2, object{"status": "Inactivo"})); c["status"] != "Inactivo" {
			t.Errorf("a Master's Inactivo became %v", c["status"])
		}
	})
}

// contract 3.4: bank accounts may come as JSON text or as the numbered fields of old.
func TestClientAccountForms(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		text, _ := json.Marshal(twoAccounts())
		numbered := object{"bank_accounts": nil}
		for i, a := range twoAccounts() {
			for from, to := range map[string]any{"origen": "origen", "bank_name": "bank_name", "account_type": "account_type", "currency": "currency", "account_number": "bank_account_number"} {
				numbered[fmt.Sprintf("%s%d", to, i+1)] = a[from]
			}
		}
		for i, change := range []object{{"bank_accounts": string(text)}, {"bank_accounts": nil, "bank_accounts_json": string(text)}, numbered} {
			c := m.addClient(newPerson(i, change))
			if list := c["bank_accounts"].([]any); len(list) != 2 || list[1].(object)["account_number"] != "191-2" {
				t.Errorf("form %d: %v", i, list)
			}
		}
	})
}

// contract 3.4: lists, search, one client with stats, stats.
func TestClientReads(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m, o := d.join(models.Master), d.join(models.Operador)
		a := m.addClient(newPerson(1))
		b := m.addClient(newCompany(2, object{"status": "Inactivo"}))
		ids := func(path string) string {
			var out []string
			for _, c := range o.get(path).want(t, 200).body["clients"].([]any) {
				out = append(out, fmt.Sprint(idOf(c.(object))))
			}
			return strings.Join(out, " ")
		}
		both := fmt.Sprintf("%d %d", idOf(b), idOf(a))
		for path, want := range map[string]string{
			"/clients/api/list": both, "/clients/api/active": fmt.Sprint(idOf(a)),
			"/clients/api/search?q=peña": fmt.Sprint(idOf(a)), "/clients/api/search?q=SUR+S": fmt.Sprint(idOf(b)),
			"/clients/api/search?q=c1@": fmt.Sprint(idOf(a)), "/clients/api/search?q=%25%25%25": "", "/clients/api/search?q=___": "",
		} {
			if got := ids(path); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
		for _, q := range []string{"", "ab", "++a+", "a%00b", "%ff%fe%fd%fc", strings.Repeat("a", 500)} {
			wantRefusal(t, o.get("/clients/api/search?q="+q), 400)
		}
		path := fmt.Sprintf("/clients/api/%d", idOf(a))
		empty := o.get(path+"/stats").want(t, 200).body["stats"].(object)
		if empty["total_operations"] != 0.0 || empty["total_usd_traded"] != 0.0 || empty["last_operation"] != nil {
			t.Errorf("stats without operations %v", empty)
		}
		for i, status := range []string{models.Completada, models.Completada, models.Pendiente, models.EnProceso, models.Cancelado} {
			d.advance(time.Hour)
			d.addOperation(t, idOf(a), m.user.ID, i, status, models.NewMoney(10010, -2))
		}
		client := o.get(path).want(t, 200).body["client"].(object)
		if client["total_operations"] != 5.0 || client["total_usd_traded"] != 200.2 {
			t.Errorf("client with stats: %v %v", client["total_operations"], client["total_usd_traded"])
		}
		stats := o.get(path+"/stats").want(t, 200).body["stats"].(object)
		for key, want := range map[string]any{
			"total_operations": 5.0, "completed_operations": 2.0, "pending_operations": 1.0, "in_process_operations": 1.0,
			"total_usd_traded": 200.2, "total_pen_traded": 740.74, "last_operation": "Thu, 15 Jan 2026 17:00:00 GMT",
		} {
			if stats[key] != want {
				t.Errorf("stats %s: %v, want %v", key, stats[key], want)
			}
		}
		for _, path := range []string{"/clients/api/999", "/clients/api/999/stats", "/clients/api/abc", "/clients/api/-1", "/clients/api/99999999999999999999"} {
			wantRefusal(t, o.get(path), 404)
		}
	})
}

func (d *desk) addOperation(t *testing.T, client, user int64, n int, status string, usd models.Money) {
	t.Helper()
	rate := models.NewMoney(37, -1)
	op := models.Operation{
		OperationID: fmt.Sprintf("TEST-%d", n), ClientID: client, UserID: user, OperationType: models.Compra, AmountUSD: usd,
		ExchangeRate: rate, AmountPEN: usd.Times(rate, 2), Status: status, CreatedAt: models.ToLima(d.now()),
	}
	if err := d.store.Tx(context.Background(), func(tx *models.Tx) error { return tx.InsertOperation(&op) }); err != nil {
		t.Fatal(err)
	}
}

// contract 5.26, 5.27: of clients with one document or e-mail that are created at the
// same time one is made; the others are refused with a message, not a database error.
func TestClientConcurrentDuplicates(t *testing.T) {
	for name, same := range map[string]object{"document": {"dni": "41234567"}, "e-mail": {"email": "UNO@Correo.pe"}} {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, func(t *testing.T, d *desk) {
				m := d.join(models.Master)
				const n = 16
				replies := make([]reply, n)
				var all sync.WaitGroup
				for i := range n {
					all.Go(func() { replies[i] = m.json("POST", "/clients/api/create", newPerson(i, same)) })
				}
				all.Wait()
				slices.SortFunc(replies, func(a, b reply) int { return a.status - b.status })
				replies[0].want(t, 201)
				for _, r := range replies[1:] {
					wantRefusal(t, r, 400)
				}
				if names := d.eventNames(); len(names) != 2 {
					t.Errorf("events %v", names)
				}
				if n := d.trail("CREATE_CLIENT"); n != 1 {
					t.Errorf("%d audit lines", n)
				}
			})
		})
	}
}
