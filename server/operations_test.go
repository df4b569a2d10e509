package server_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// trading is a desk with one person of each role and an active client with two accounts.
type trading struct {
	*desk
	master, trader, operator, other, nobody *person // operator is online, other is not
	client                                  models.Client
}

// onePixel begins as a PNG does, which is what decides (contract 3.5).
const onePixel = "\x89PNG\r\n\x1a\nrest"

const accountUSD, accountPEN = "00111111111111111111", "00222222222222222222"

func newTrading(t *testing.T, d *desk) *trading {
	t.Helper()
	d.t = t
	w := &trading{desk: d}
	w.master, w.trader, w.other = d.join(models.Master), d.join(models.Trader), d.join(models.Operador)
	w.operator, w.nobody = w.online(models.Operador), d.stranger()
	w.client = w.tradingClient(nil)
	d.events()
	return w
}

func (w *trading) tx(f func(*models.Tx) error) {
	w.t.Helper()
	if err := w.store.Tx(context.Background(), f); err != nil {
		w.t.Fatal(err)
	}
}

// online joins somebody who is online by the desk's rule (contract 4.1).
func (w *trading) online(role string) *person {
	w.t.Helper()
	w.mu.Lock()
	w.people++
	n := w.people
	w.mu.Unlock()
	at := w.store.Now()
	u := models.User{
		Username: fmt.Sprintf("%s%d", strings.ToLower(role), n), Email: fmt.Sprintf("u%d@desk.example", n), PasswordHash: "!",
		DNI: fmt.Sprintf("%08d", n), Role: role, Status: models.Active, CreatedAt: at, LastLogin: &at,
	}
	var token string
	w.tx(func(tx *models.Tx) (err error) {
		if err = tx.InsertUser(&u); err == nil {
			token, _, err = tx.CreateSession(u.ID, models.Actor{UserID: u.ID}, 12*time.Hour, false)
		}
		return err
	})
	p := w.stranger()
	p.user = u
	home, _ := url.Parse(w.http.URL)
	p.client.Jar.SetCookies(home, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
	p.refreshCSRF()
	return p
}

func (w *trading) tradingClient(edit func(*models.Client)) models.Client {
	w.t.Helper()
	w.mu.Lock()
	w.people++
	n := w.people
	w.mu.Unlock()
	text := func(s string) *string { return &s }
	c := models.Client{
		DocumentType: models.DNI, DNI: fmt.Sprintf("4%07d", n), Email: fmt.Sprintf("c%d@desk.example", n), Status: models.Active,
		ApellidoPaterno: text("Quispe"), ApellidoMaterno: text("Ñahui"), Nombres: text("Ana"), CreatedAt: w.store.Now(),
		BankAccounts: models.JSONText[models.BankAccount]{
			{Origen: "Lima", BankName: "BCP", AccountType: "Ahorro", Currency: "$", AccountNumber: accountUSD},
			{Origen: "Lima", BankName: "BBVA", AccountType: "Corriente", Currency: "S/", AccountNumber: accountPEN},
		},
	}
	if edit != nil {
		edit(&c)
	}
	w.tx(func(tx *models.Tx) error { return tx.InsertClient(&c) })
	return c
}

// row adds an operation of 1000 USD at 3.75 past every rule; in process it is the
// operator's, with balanced sums.
func (w *trading) row(status string, edit func(*models.Operation)) models.Operation {
	w.t.Helper()
	w.mu.Lock()
	w.people++
	n := w.people
	w.mu.Unlock()
	now, in, out := w.store.Now(), models.NewMoney(1000, 0), models.NewMoney(3750, 0)
	op := models.Operation{
		OperationID: fmt.Sprintf("ROW-%d", n), ClientID: w.client.ID, UserID: w.trader.user.ID, OperationType: models.Compra,
		AmountUSD: in, ExchangeRate: models.NewMoney(375, -2), AmountPEN: out, Status: status, CreatedAt: now, UpdatedAt: &now,
		ClientDeposits: models.JSONText[models.Deposit]{{Importe: &in}}, ClientPayments: models.JSONText[models.Payment]{{Importe: &out}},
	}
	if status == models.EnProceso {
		op.InProcessSince, op.AssignedOperatorID = &now, &w.operator.user.ID
	}
	if edit != nil {
		edit(&op)
	}
	w.tx(func(tx *models.Tx) error { return tx.InsertOperation(&op) })
	return op
}

// stored reads the row again.
func (w *trading) stored(id int64) models.Operation {
	w.t.Helper()
	op, err := w.store.OperationByID(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return op
}

// told is what was emitted since the last call, as "name>rooms", in order.
func (w *trading) told() []string {
	var lines []string
	for _, e := range w.events() {
		lines = append(lines, e.Name+">"+strings.Join(e.Rooms, ","))
	}
	return lines
}

// wantTold compares told with the expectation; % stands for the client's room.
func (w *trading) wantTold(t *testing.T, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "%", "client_"+w.client.DNI)
	}
	if got := w.told(); !slices.Equal(got, want) {
		t.Errorf("emitted %v\nwant    %v", got, want)
	}
}

// upload sends a form with files (field, file name, content) and values (name, value).
func (p *person) upload(path string, files [][3]string, values ...string) reply {
	p.d.t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for i := 0; i+1 < len(values); i += 2 {
		_ = form.WriteField(values[i], values[i+1])
	}
	for _, f := range files {
		part, _ := form.CreateFormFile(f[0], f[1])
		_, _ = part.Write([]byte(f[2]))
	}
	_ = form.Close()
	return p.send("POST", path, buf.Bytes(), "Content-Type", form.FormDataContentType())
}

func opPath(format string, op models.Operation) string {
	return fmt.Sprintf("/operations/api/"+format, op.ID)
}

// contract 3.5: who may call what. Every call would succeed for the roles named.
func TestOperationRoutesLetOnlyTheirRolesPass(t *testing.T) {
	png := [][3]string{{"file", "a.png", onePixel}}
	call := func(method, format string, status string, body any) func(*trading, *person) reply {
		return func(w *trading, p *person) reply { return p.json(method, opPath(format, w.row(status, nil)), body) }
	}
	read := func(at string) func(*trading, *person) reply {
		return func(_ *trading, p *person) reply { return p.get("/operations/api/" + at) }
	}
	order := object{"client_id": 0, "operation_type": "Compra", "amount_usd": 10, "exchange_rate": 3.5}
	routes := []struct {
		name, roles string
		do          func(*trading, *person) reply
	}{
		{"list", "MTO", read("list")},
		{"today", "MTO", read("today")},
		{"for_operator", "O", read("for_operator")},
		{"get_active_operators", "M", read("get_active_operators")},
		{"check_pending_operations", "O", read("check_pending_operations")},
		{"export_today", "MTO", read("export_today")},
		{"export_history", "MTO", read("export_history?format=csv")},
		{"get", "MTO", func(w *trading, p *person) reply { return p.get(opPath("%d", w.row(models.Pendiente, nil))) }},
		{"create", "MT", func(w *trading, p *person) reply {
			order["client_id"] = w.client.ID
			return p.json("POST", "/operations/api/create", order)
		}},
		{"update pending", "MT", call("PATCH", "update/%d", models.Pendiente, object{"amount_usd": 5})},
		{"update in process", "M", call("PUT", "update/%d", models.EnProceso, object{"amount_usd": 5})},
		{"update_status to process", "M", call("PATCH", "update_status/%d", models.Pendiente, object{"status": "En proceso"})},
		{"update_status cancel", "MT", call("PATCH", "update_status/%d", models.Pendiente, object{"status": "Cancelado"})},
		{"update_status complete", "MO", call("PATCH", "update_status/%d", models.EnProceso, object{"status": "Completada"})},
		{"send_to_process", "MT", call("POST", "send_to_process/%d", models.Pendiente, nil)},
		{"return_to_pending", "MO", call("POST", "return_to_pending/%d", models.EnProceso, object{})},
		{"complete", "MO", call("POST", "complete/%d", models.EnProceso, object{})},
		{"cancel", "MT", call("POST", "cancel/%d", models.Pendiente, object{"reason": "x"})},
		{"mark_notes_read", "MO", call("POST", "mark_notes_read/%d", models.Pendiente, nil)},
		{"reassign_operator", "M", func(w *trading, p *person) reply {
			op := w.row(models.EnProceso, func(op *models.Operation) { op.AssignedOperatorID = nil })
			return p.json("POST", opPath("reassign_operator/%d", op), object{"new_operator_id": w.operator.user.ID})
		}},
		{"upload_deposit_proof", "MT", func(w *trading, p *person) reply {
			return p.upload(opPath("upload_deposit_proof/%d", w.row(models.Pendiente, nil)), png, "deposit_index", "0")
		}},
		{"upload_operator_proof", "MO", func(w *trading, p *person) reply {
			return p.upload(opPath("upload_operator_proof/%d", w.row(models.EnProceso, nil)), png)
		}},
		{"upload_proof", "MO", func(w *trading, p *person) reply {
			return p.upload(opPath("upload_proof/%d", w.row(models.EnProceso, nil)), [][3]string{{"payment_proof", "a.png", onePixel}})
		}},
	}
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		for _, c := range routes {
			t.Run(c.name, func(t *testing.T) {
				outer := d.t
				d.t = t
				defer func() { d.t = outer }()
				for role, p := range map[string]*person{"M": w.master, "T": w.trader, "O": w.operator, "": w.nobody} {
					w.events()
					r := c.do(w, p)
					switch {
					case role == "" && r.status != 401 && r.status != 400: // 400: no CSRF token
						t.Errorf("nobody: %d %.200s", r.status, r.raw)
					case role != "" && strings.Contains(c.roles, role) && r.status/100 != 2:
						t.Errorf("%s: %d %.200s", role, r.status, r.raw)
					case role != "" && !strings.Contains(c.roles, role) && (r.status != 403 || r.message() == ""):
						t.Errorf("%s: %d %.200s, want 403 with message", role, r.status, r.raw)
					}
					if r.status/100 != 2 {
						w.wantTold(t)
					}
				}
			})
		}
	})
}
