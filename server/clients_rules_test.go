package server_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// account is one bank account with changes laid over it.
func account(changes ...object) object {
	return changed(object{"origen": "Lima", "bank_name": "BCP", "account_type": "Ahorro", "currency": "S/", "account_number": "191-1"}, changes...)
}

// contract 4.6: what a new client must and must not be. A refusal leaves nothing.
func TestClientRules(t *testing.T) {
	dollars := account(object{"currency": "$", "account_number": "191-2"})
	long := func(n int) string { return strings.Repeat("ñ", n) }
	list := func(a ...any) object { return object{"bank_accounts": a} }
	good := map[string]object{
		"CE of 9":                    {"document_type": "CE", "dni": "CE1234567"},
		"CE of 12":                   {"document_type": "CE", "dni": "CE1234567890"},
		"document that is no number": {"dni": "ABCDEFGH"},
		"e-mail of any form":         {"email": "sin arroba"},
		"phone of any form":          {"phone": "12; 34"},
		"no phone":                   {"phone": nil},
		"names as wide as columns":   {"nombres": long(100), "direccion": long(300)},
		"unknown key":                {"referido": object{"x": 1}},
		"six accounts":               list(account(), dollars, account(object{"account_number": "3"}), account(object{"account_number": "4"}), account(object{"account_number": "5"}), account(object{"account_number": "6"})),
		"empty type and currency":    list(account(), dollars, account(object{"account_type": "", "currency": ""})),
		"missing optional fields":    list(account(), dollars, object{"bank_name": "BIF", "account_number": "1"}),
		"BBVA of 20":                 list(account(object{"bank_name": "BBVA", "account_number": strings.Repeat("1", 20)}), dollars),
		"status that is none":        {"status": "Otro"},
	}
	bad := map[string]object{
		"no type":               {"document_type": nil},
		"unknown type":          {"document_type": "PAS"},
		"DNI of 7":              {"dni": "1234567"},
		"DNI of 9":              {"dni": "123456789"},
		"DNI as number":         {"dni": 12345678},
		"CE of 8":               {"document_type": "CE", "dni": "12345678"},
		"CE of 13":              {"document_type": "CE", "dni": "1234567890123"},
		"RUC of 10":             {"document_type": "RUC", "razon_social": "x", "dni": "2012345678"},
		"RUC without company":   {"document_type": "RUC", "dni": "20123456789"},
		"no e-mail":             {"email": nil},
		"blank e-mail":          {"email": "  "},
		"no first name":         {"nombres": nil},
		"name of markup only":   {"apellido_paterno": "<b></b>"},
		"null name":             {"nombres": jsonNull{}},
		"null phone":            {"phone": jsonNull{}},
		"name is a list":        {"nombres": []string{"Ana"}},
		"huge name":             {"nombres": strings.Repeat("x", 1<<20)},
		"name too wide":         {"nombres": long(101)},
		"e-mail too wide":       {"email": long(121)},
		"phone too wide":        {"phone": long(101)},
		"address too wide":      {"direccion": long(301)},
		"no accounts":           {"bank_accounts": nil},
		"null accounts":         {"bank_accounts": jsonNull{}},
		"accounts are a number": {"bank_accounts": 5},
		"accounts are no JSON":  {"bank_accounts": "[{"},
		"account is a text":     list("x", "y"),
		"one account":           list(account()),
		"seven accounts":        list(account(), dollars, account(), account(), account(), account(), account()),
		"no bank":               list(account(object{"bank_name": " "}), dollars),
		"no number":             list(account(object{"account_number": nil}), dollars),
		"number is a number":    list(account(object{"account_number": 191}), dollars),
		"null bank":             list(account(object{"bank_name": jsonNull{}}), dollars),
		"unknown account type":  list(account(object{"account_type": "Maestra"}), dollars),
		"unknown currency":      list(account(), dollars, account(object{"currency": "EUR"})),
		"soles only":            list(account(), account(object{"account_number": "2"})),
		"dollars only":          list(dollars, account(object{"currency": "$"})),
		"duplicate account":     list(account(), account(), dollars),
		"BBVA of 19":            list(account(object{"bank_name": "BBVA", "account_number": strings.Repeat("1", 19)}), dollars),
		"SCOTIABANK of 21":      list(account(object{"bank_name": "SCOTIABANK", "account_number": strings.Repeat("1", 21)}), dollars),
		"account too wide":      list(account(object{"account_number": long(101)}), dollars),
		"origen too wide":       list(account(object{"origen": long(21)}), dollars),
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		n := 0
		for name, change := range good {
			n++
			if r := m.json("POST", "/clients/api/create", newPerson(n, change)); r.status != 201 {
				t.Errorf("%s: status %d: %.300s", name, r.status, r.raw)
			}
		}
		d.events()
		for name, change := range bad {
			n++
			t.Run(name, func(t *testing.T) { wantRefusal(t, m.json("POST", "/clients/api/create", newPerson(n, change)), 400) })
		}
		wantRefusal(t, m.json("POST", "/clients/api/create", newPerson(1)), 400)                                  // the document is taken
		wantRefusal(t, m.json("POST", "/clients/api/create", newPerson(n+1, object{"email": "SIN Arroba"})), 400) // so is the e-mail
		if got := len(m.get("/clients/api/list").body["clients"].([]any)); got != len(good) {
			t.Errorf("%d clients, want %d", got, len(good))
		}
		if names, lines := d.eventNames(), d.trail("CREATE_CLIENT"); len(names) != 0 || lines != len(good) {
			t.Errorf("refusals left events %v and %d audit lines, want %d", names, lines, len(good))
		}
	})
}

// jsonNull is null, where nil removes the key.
type jsonNull struct{}

func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// contract 5.29: markup is stripped from every text on input.
func TestClientMarkup(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.join(models.Master)
		c := m.addClient(newPerson(1, object{
			"nombres": "Ana<script>alert(1)</script>", "direccion": `<img src=x onerror="alert(1)">Av. Sol`, "phone": "99<b>9</b>",
			"bank_accounts": []object{account(object{"bank_name": "<i>BCP</i>"}), account(object{"currency": "$"})},
		}))
		bank := c["bank_accounts"].([]any)[0].(object)["bank_name"]
		if c["nombres"] != "Ana" || c["direccion"] != "Av. Sol" || c["phone"] != "999" || bank != "BCP" {
			t.Errorf("stored %v %v %v %v", c["nombres"], c["direccion"], c["phone"], bank)
		}
		if c := m.addClient(newCompany(1, object{"razon_social": "Pérez & Hijos\x00"})); c["razon_social"] != "Pérez & Hijos" {
			t.Errorf("stored %v", c["razon_social"])
		}
	})
}

// contract 3.1, 3.4: bodies that are not what the route reads, and who may not.
func TestClientBadRequests(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		m, tr, o := d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
		m.addClient(newPerson(1))
		d.events()
		for _, tc := range []struct {
			name, kind string
			body       []byte
			status     int
		}{
			{"malformed", "application/json", []byte(`{"dni":`), 400},
			{"NaN", "application/json", []byte(`{"dni":NaN}`), 400},
			{"null", "application/json", []byte(`null`), 400},
			{"list", "application/json", []byte(`[]`), 400},
			{"text", "application/json", []byte(`"x"`), 400},
			{"empty", "application/json", nil, 400},
			{"deep", "application/json", bytes.Repeat([]byte("["), 200_000), 400},
			{"no type", "", []byte(`{}`), 415},
			{"plain", "text/plain", []byte(`{}`), 415},
			{"form", "application/x-www-form-urlencoded", []byte(`dni=1`), 415},
			{"multipart without boundary", "multipart/form-data", []byte(`x`), 400},
			{"multipart cut off", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"dni\"\r\n\r\n123"), 400},
			{"11 MB", "application/json", append([]byte(`{"nombres":"`), bytes.Repeat([]byte("x"), 11<<20)...), 413},
		} {
			t.Run(tc.name, func(t *testing.T) {
				wantRefusal(t, m.send("POST", "/clients/api/create", tc.body, "Content-Type", tc.kind), tc.status)
			})
		}
		for _, tc := range []struct {
			who          *person
			method, path string
		}{
			{o, "POST", "/clients/api/create"}, {o, "PUT", "/clients/api/update/1"}, {o, "PATCH", "/clients/api/update/1"},
			{tr, "PATCH", "/clients/api/change_status/1"}, {tr, "DELETE", "/clients/api/delete/1"}, {o, "DELETE", "/clients/api/delete/1"},
			{o, "POST", "/clients/api/upload_documents/1"}, {tr, "POST", "/clients/api/upload_validation_oc/1"},
			{tr, "GET", "/clients/api/export/csv"}, {o, "GET", "/clients/api/export/xlsx"},
		} {
			wantRefusal(t, tc.who.json(tc.method, tc.path, object{}), 403)
		}
		for _, path := range []string{"list", "active", "search?q=abc", "1", "1/stats", "export/csv", "export/xlsx"} {
			wantRefusal(t, d.stranger().get("/clients/api/"+path), 401)
		}
		if names := d.eventNames(); len(names) != 0 {
			t.Errorf("refusals emitted %v", names)
		}
	})
}
