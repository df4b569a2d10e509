package models_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// book is a store with people and a client.
type book struct {
	t      *testing.T
	store  *models.Store
	master models.Actor
	client models.Client
	users  int
}

func newBook(t *testing.T, s *models.Store) *book {
	t.Helper()
	b := &book{t: t, store: s}
	m := b.user(models.Master, nil)
	b.master = models.Actor{UserID: m.ID, Username: m.Username, Role: m.Role}
	b.client = models.Client{DocumentType: models.DNI, DNI: "40000001", Email: "c@desk.example", Status: models.Active, CreatedAt: s.Now()}
	b.tx(func(tx *models.Tx) error { return tx.InsertClient(&b.client) })
	return b
}

func (b *book) tx(f func(*models.Tx) error) {
	b.t.Helper()
	if err := b.store.Tx(context.Background(), f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) user(role string, edit func(*models.User)) models.User {
	b.t.Helper()
	b.users++
	u := models.User{
		Username: fmt.Sprintf("u%d", b.users), Email: fmt.Sprintf("u%d@desk.example", b.users), PasswordHash: "!",
		DNI: fmt.Sprintf("%08d", b.users), Role: role, Status: models.Active, CreatedAt: b.store.Now(),
	}
	if edit != nil {
		edit(&u)
	}
	b.tx(func(tx *models.Tx) error { return tx.InsertUser(&u) })
	return u
}

func (b *book) order() models.NewOperation {
	return models.NewOperation{ClientID: b.client.ID, Type: models.Compra, AmountUSD: models.NewMoney(1000, 0), ExchangeRate: models.NewMoney(375, -2)}
}

func (b *book) create() (op models.Operation) {
	b.t.Helper()
	b.tx(func(tx *models.Tx) (err error) { op, err = tx.CreateOperation(b.master, b.order()); return err })
	return op
}

// contract 5.23: 32 concurrent writers get 32 ids, without a gap when all commit.
func TestOperationIDsAreUniqueUnderConcurrentWriters(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		b := newBook(t, s)
		var wg sync.WaitGroup
		ids, errs := make(chan string, 32), make(chan error, 32)
		for range 32 {
			wg.Go(func() {
				errs <- s.Tx(context.Background(), func(tx *models.Tx) error {
					op, err := tx.CreateOperation(b.master, b.order())
					ids <- op.OperationID
					return err
				})
			})
		}
		wg.Wait()
		close(ids)
		close(errs)
		for err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for id := range ids {
			seen[id] = true
		}
		for n := 1001; n <= 1032; n++ {
			if !seen[fmt.Sprintf("EXP-%d", n)] {
				t.Errorf("EXP-%d was not given; got %v", n, seen)
			}
		}
	})
}

// contract 4.3, 5.23: start, form, and the skip over what the old system wrote beside us.
func TestOperationIDSkipsToAboveTheMaximum(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		b := newBook(t, s)
		if op := b.create(); op.OperationID != "EXP-1001" {
			t.Fatalf("first id %s", op.OperationID)
		}
		for _, id := range []string{"EXP-1002", "EXP-1040", "EXP-X9", "EXP-99999999999999999999", "OLD-7000"} {
			b.tx(func(tx *models.Tx) error {
				return tx.InsertOperation(&models.Operation{
					OperationID: id, ClientID: b.client.ID, UserID: b.master.UserID, OperationType: models.Venta, Status: models.Pendiente,
					AmountUSD: models.NewMoney(1, 0), ExchangeRate: models.NewMoney(3, 0), AmountPEN: models.NewMoney(3, 0), CreatedAt: s.Now(),
				})
			})
		}
		for _, want := range []string{"EXP-1041", "EXP-1042"} {
			if op := b.create(); op.OperationID != want {
				t.Fatalf("id %s, want %s", op.OperationID, want)
			}
		}
		// A transaction that rolls back gives its number back.
		undone := errors.New("undone")
		_ = s.Tx(context.Background(), func(tx *models.Tx) error {
			_, err := tx.CreateOperation(b.master, b.order())
			return errors.Join(err, undone)
		})
		if op := b.create(); op.OperationID != "EXP-1043" {
			t.Fatalf("id after a rollback %s", op.OperationID)
		}
		// A lost counter row starts over and skips again.
		b.tx(func(tx *models.Tx) error { return tx.Exec("DELETE FROM counters") })
		if op := b.create(); op.OperationID != "EXP-1044" {
			t.Fatalf("id after the counter was lost %s", op.OperationID)
		}
	})
}

// contract 4.7: the fewest in process win, the lowest id among equals; whoever is not
// an active online operator is passed over.
func TestSendToProcessAssignsTheFreestOperator(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		b := newBook(t, s)
		at := func(h int) *models.LimaTime {
			l := models.ToLima(time.Date(2026, 1, 15, h, 0, 0, 0, time.UTC))
			return &l
		}
		send := func() (op models.Operation) {
			t.Helper()
			created := b.create()
			b.tx(func(tx *models.Tx) error {
				_, err := tx.UpdateOperation(b.master, created.ID, balanced(1000, 3750))
				return err
			})
			b.tx(func(tx *models.Tx) (err error) { op, err = tx.SendToProcess(b.master, created.ID); return err })
			return op
		}
		if op := send(); op.AssignedOperatorID != nil || op.InProcessSince == nil || op.Status != models.EnProceso {
			t.Fatalf("with nobody online: %+v", op)
		}
		b.user(models.Operador, nil)                                                                           // never signed in
		b.user(models.Operador, func(u *models.User) { u.LastLogin, u.LastLogout = at(9), at(10) })            // signed out
		b.user(models.Operador, func(u *models.User) { u.LastLogin, u.LastLogout = at(9), at(9) })             // same instant
		b.user(models.Operador, func(u *models.User) { u.LastLogin, u.Status = at(9), models.Inactive })       // inactive
		b.user(models.Trader, func(u *models.User) { u.LastLogin = at(9) })                                    // no operator
		first := b.user(models.Operador, func(u *models.User) { u.LastLogin = at(9) })                         // never signed out
		second := b.user(models.Operador, func(u *models.User) { u.LastLogin, u.LastLogout = at(11), at(10) }) // came back
		for i, want := range []models.User{first, second, first, second, first} {
			op := send()
			if !op.AssignedTo(want.ID) || op.AssignedOperator == nil || op.AssignedOperator.Username != want.Username {
				t.Fatalf("send %d went to %v, want %d", i, op.AssignedOperatorID, want.ID)
			}
		}
		online, err := s.OnlineOperators(context.Background())
		if err != nil || len(online) != 2 || online[0].ID != first.ID || online[1].ID != second.ID {
			t.Fatalf("online %+v, %v", online, err)
		}
		for _, u := range online {
			if !u.Online() {
				t.Errorf("SQL calls %s online, User.Online does not", u.Username)
			}
		}
	})
}

func balanced(deposit, payment int64) models.OperationEdit {
	in, out := models.NewMoney(deposit, 0), models.NewMoney(payment, 0)
	return models.OperationEdit{
		Deposits: &[]models.DepositEdit{{Deposit: models.Deposit{Importe: &in}}},
		Payments: &[]models.Payment{{Importe: &out}},
	}
}

// contract 2.1, 5.29: whatever the old system stored, the operation stays readable and
// a field of the wrong type does not take its neighbours with it.
func TestOddStoredListsStayReadable(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		b := newBook(t, s)
		op := b.create()
		for stored, want := range map[string]string{
			`[{"importe": null, "codigo_operacion": "A1"}]`:                `[{"codigo_operacion":"A1"}]`,
			`[{"importe": "12.50", "codigo_operacion": 778}, {}]`:          `[{"importe":12.5,"codigo_operacion":"778"},{}]`,
			`[{"importe": "doce", "cuenta_cargo": ["x"]}, {"importe": 3}]`: `[{},{"importe":3.0}]`,
			`[{"importe": NaN}]`: `[]`,
			`["suelto", null, {"comprobante_url": "https://x.example/1.png"}]`: `[{},{},{"comprobante_url":"https://x.example/1.png"}]`,
			`{"importe": 1}`: `[]`,
			`null`:           `[]`,
			``:               `[]`,
			`[[[[`:           `[]`,
		} {
			b.tx(func(tx *models.Tx) error {
				return tx.Exec(`UPDATE operations SET client_deposits_json = ?, client_payments_json = ?, operator_proofs_json = ?, modification_logs_json = ?, notes_read_by_json = ?`,
					stored, stored, stored, stored, stored)
			})
			ops, err := s.Operations(context.Background(), models.OperationFilter{})
			if err != nil || len(ops) != 1 || ops[0].ID != op.ID {
				t.Fatalf("%s: %d operations, %v", stored, len(ops), err)
			}
			got, err := json.Marshal(ops[0].ClientDeposits)
			if err != nil || string(got) != want {
				t.Errorf("%s reads as %s, want %s (%v)", stored, got, want, err)
			}
		}
		b.tx(func(tx *models.Tx) error {
			return tx.Exec(`UPDATE operations SET client_deposits_json = NULL, notes_read_by_json = NULL`)
		})
		if got, err := s.OperationByID(context.Background(), op.ID); err != nil || len(got.ClientDeposits) != 0 {
			t.Fatalf("NULL: %v, %v", got.ClientDeposits, err)
		}
	})
}

// contract 4.6: the sums and their tolerance of less than a cent, per operation type.
func TestSumsDecideWhetherAnOperationMayGoIntoProcess(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		b := newBook(t, s)
		for _, c := range []struct {
			kind     string
			in, out  string
			accepted bool
		}{
			{models.Compra, "1000", "3750", true},
			{models.Venta, "3750", "1000", true},
			{models.Compra, "3750", "1000", false},
			{models.Venta, "1000", "3750", false},
			{models.Compra, "1000.01", "3750", false},
			{models.Compra, "1000", "3749.99", false},
			{models.Compra, "1000.004", "3750", true}, // rounded to cents
			{models.Compra, "0", "0", false},
		} {
			var op models.Operation
			order := b.order()
			order.Type = c.kind
			b.tx(func(tx *models.Tx) (err error) { op, err = tx.CreateOperation(b.master, order); return err })
			in, _ := models.ParseMoney(c.in)
			out, _ := models.ParseMoney(c.out)
			edit := models.OperationEdit{
				Deposits: &[]models.DepositEdit{{Deposit: models.Deposit{Importe: &in}}, {}},
				Payments: &[]models.Payment{{Importe: &out}},
			}
			b.tx(func(tx *models.Tx) error { _, err := tx.UpdateOperation(b.master, op.ID, edit); return err })
			err := s.Tx(context.Background(), func(tx *models.Tx) error { _, err := tx.SendToProcess(b.master, op.ID); return err })
			if (err == nil) != c.accepted || (err != nil && models.CodeOf(err) != models.Invalid) {
				t.Errorf("%s %s/%s: %v", c.kind, c.in, c.out, err)
			}
		}
	})
}
