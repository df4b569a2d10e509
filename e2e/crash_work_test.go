package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/relevo/relevo/models"
)

var tokens atomic.Int64

// token is a text that no other change of this test binary has.
func token() string { return fmt.Sprintf("T%07d", tokens.Add(1)) }

// operation is one whose changes a writer makes, one after the other.
type operation struct {
	w      *writer
	id     int64
	entity string
}

// create makes an operation of the client.
func (w *writer) create(client int64) (*operation, error) {
	o := &operation{w: w}
	note := token()
	body := newOperation(client)
	body["notes"] = note
	text, _ := json.Marshal(body)
	learn := func(object map[string]any) bool {
		id, ok := object["id"].(float64)
		o.id, o.entity = int64(id), fmt.Sprintf("operation/%d", int64(id))
		return ok
	}
	err := w.commit("create operation", func() (reply, error) {
		r, err := w.ask("POST", "/operations/api/create", string(text))
		made, _ := r.body["operation"].(map[string]any)
		learn(made)
		return r, err
	}, func() (bool, error) {
		found, err := w.search(fmt.Sprintf("/operations/api/list?all=true&client_id=%d", client), "operations", "notes", note)
		return err == nil && found != nil && learn(found), err
	})
	if err == nil {
		w.ledger.enter(o.entity, "nueva_operacion")
	}
	return o, err
}

// act posts to a route of the operation; the change is done when is says so of it.
func (o *operation) act(route, body string, is func(map[string]any) bool, names ...string) error {
	path := fmt.Sprintf("/operations/api/%s/%d", route, o.id)
	err := o.w.commit(route, func() (reply, error) { return o.w.ask("POST", path, body) }, func() (bool, error) {
		found, _, err := o.w.find(fmt.Sprintf("/operations/api/%d", o.id), "operation")
		return err == nil && is(found), err
	})
	if err == nil {
		o.w.ledger.enter(o.entity, names...)
	}
	return err
}

func inState(status string) func(map[string]any) bool {
	return func(o map[string]any) bool { return o["status"] == status }
}

// balance puts in deposits and payments; no durable event tells of it.
func (o *operation) balance() error {
	path := fmt.Sprintf("/operations/api/update/%d", o.id)
	return o.w.commit("balance", func() (reply, error) { return o.w.ask("PUT", path, sums("1000", "3750")) }, func() (bool, error) {
		found, _, err := o.w.find(fmt.Sprintf("/operations/api/%d", o.id), "operation")
		payments, _ := found["client_payments"].([]any)
		return err == nil && len(payments) > 0, err
	})
}

func (o *operation) send() error {
	return o.act("send_to_process", "", inState(models.EnProceso), "operacion_actualizada", "operacion_asignada")
}

func (o *operation) cancel() error {
	return o.act("cancel", `{"reason":"`+token()+`"}`, inState(models.Cancelado), "operacion_cancelada")
}

func (o *operation) complete() error {
	return o.act("complete", `{"operator_comments":"hecho"}`, inState(models.Completada), "operacion_completada")
}

// reassign hands the operation to the one of the two who does not have it.
func (o *operation) reassign(one, other int64) error {
	var now map[string]any
	err := o.w.commit("read operator", func() (reply, error) {
		r, err := o.w.ask("GET", fmt.Sprintf("/operations/api/%d", o.id), "")
		now, _ = r.body["operation"].(map[string]any)
		return r, err
	}, func() (bool, error) { return false, nil })
	if err != nil {
		return err
	}
	if now["assigned_operator_id"] == float64(one) {
		one = other
	}
	return o.act("reassign_operator", fmt.Sprintf(`{"new_operator_id":%d}`, one),
		func(found map[string]any) bool { return found["assigned_operator_id"] == float64(one) },
		"operacion_actualizada", "operacion_asignada", "operacion_reasignada_removida")
}

// trade is a trader's work: operations that are sent to process or cancelled.
func trade(client int64) func(*writer) error {
	return func(w *writer) error {
		o, err := w.create(client)
		if err == nil {
			err = o.balance()
		}
		switch {
		case err != nil:
		case w.random.IntN(4) == 0:
			err = o.cancel()
		default:
			err = o.send()
		}
		return err
	}
}

// manage is a master's work: operations up to their end, through both operators' hands.
func manage(client, olga, omar int64) func(*writer) error {
	return func(w *writer) error {
		o, err := w.create(client)
		for _, step := range []func() error{o.balance, o.send} {
			if err == nil {
				err = step()
			}
		}
		if err == nil && w.random.IntN(2) == 0 {
			err = o.reassign(olga, omar)
		}
		if err == nil {
			err = o.complete()
		}
		return err
	}
}

// enrol is work on clients: each is made, renamed and deactivated.
func enrol(w *writer) error {
	dni := fmt.Sprintf("4%07d", tokens.Add(1))
	var path, entity string
	learn := func(c map[string]any) bool {
		id, ok := c["id"].(float64)
		path, entity = fmt.Sprintf("/%d", int64(id)), fmt.Sprintf("client/%d", int64(id))
		return ok
	}
	person, _ := json.Marshal(naturalPerson(dni))
	err := w.commit("create client", func() (reply, error) {
		r, err := w.ask("POST", "/clients/api/create", string(person))
		made, _ := r.body["client"].(map[string]any)
		learn(made)
		return r, err
	}, func() (bool, error) {
		found, err := w.search("/clients/api/search?q="+dni, "clients", "dni", dni)
		return err == nil && found != nil && learn(found), err
	})
	if err != nil {
		return err
	}
	w.ledger.enter(entity, "client_created", "nuevo_cliente")
	for _, change := range []struct{ method, route, field, value, event string }{
		{"PUT", "update", "nombres", "ANA " + strings.ToUpper(token()), "client_updated"},
		{"PATCH", "change_status", "status", "Inactivo", "client_status_changed"},
	} {
		body := fmt.Sprintf(`{%q:%q}`, change.field, change.value)
		err := w.commit(change.route, func() (reply, error) { return w.ask(change.method, "/clients/api/"+change.route+path, body) }, func() (bool, error) {
			found, _, err := w.find("/clients/api"+path, "client")
			return err == nil && found[change.field] == change.value, err
		})
		if err != nil {
			return err
		}
		w.ledger.enter(entity, change.event)
	}
	return nil
}

// appoint is work on users, of whom only masters hear.
func appoint(w *writer) error {
	name := "u" + strings.ToLower(token())
	var id int64
	learn := func(u map[string]any) bool {
		n, ok := u["id"].(float64)
		id = int64(n)
		return ok
	}
	body := fmt.Sprintf(`{"username":%q,"email":"%s@desk.example","password":%q,"dni":"5%07d","role":"Trader"}`, name, name, password, tokens.Add(1))
	err := w.commit("create user", func() (reply, error) {
		r, err := w.ask("POST", "/users/api/create", body)
		made, _ := r.body["user"].(map[string]any)
		learn(made)
		return r, err
	}, func() (bool, error) {
		found, err := w.search("/users/api/by_role/Trader", "users", "username", name)
		return err == nil && found != nil && learn(found), err
	})
	if err != nil {
		return err
	}
	entity := fmt.Sprintf("user/%d", id)
	w.ledger.enter(entity, "nuevo_usuario")
	// Not the toggle: it could be made twice.
	err = w.commit("deactivate", func() (reply, error) {
		return w.ask("PUT", fmt.Sprintf("/users/api/update/%d", id), `{"status":"Inactivo"}`)
	}, func() (bool, error) {
		found, _, err := w.find(fmt.Sprintf("/users/api/%d", id), "user")
		return err == nil && found["status"] == "Inactivo", err
	})
	if err == nil {
		w.ledger.enter(entity, "user_updated")
	}
	return err
}
