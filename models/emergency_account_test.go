package models_test

import (
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// Accounts: ids apart from those of users, logins that are nobody else's, versions
// that end tokens.
func TestEmergencyAccounts(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		ctx := t.Context()
		create := func(in models.NewEmergencyAccount) (out models.EmergencyAccount, err error) {
			err = a.try(func(tx *models.Tx) (err error) { out, err = tx.CreateEmergencyAccount(in); return err })
			return out, err
		}
		first, err := create(models.NewEmergencyAccount{Username: "ñandú", Email: "Ana@Mail.Example", PasswordHash: "!", Kind: models.AccountRequester, PersonID: a.requester.ID})
		if err != nil {
			t.Fatal(err)
		}
		if first.ID <= 1_000_000_000 || !first.Active || first.Version != 1 || !first.Is(models.AccountRequester) || first.Is(models.AccountCrew) || *first.PersonID != a.requester.ID {
			t.Errorf("created %+v", first)
		}
		old, err := create(models.NewEmergencyAccount{Username: "vieja", PasswordHash: "!"})
		if err != nil || old.ID <= first.ID || old.Kind != nil || old.Email != nil || old.Is("") {
			t.Fatalf("without a kind: %+v, %v", old, err)
		}
		for login, want := range map[string]int64{"ñandú": first.ID, "ana@mail.example": first.ID, "ANA@MAIL.EXAMPLE": first.ID, "vieja": old.ID, "VIEJA": 0, "": 0, "u1": 0, "a\x00b": 0, "\xff": 0} {
			got, err := a.store.EmergencyAccountByLogin(ctx, login)
			if (want == 0 && models.CodeOf(err) != models.NotFound) || (want != 0 && (err != nil || got.ID != want)) {
				t.Errorf("%q: %d, %v", login, got.ID, err)
			}
		}
		list, err := a.store.EmergencyAccounts(ctx, 10, 0)
		if err != nil || len(list) != 2 || list[0].ID != first.ID {
			t.Errorf("list %+v, %v", list, err)
		}
		for name, c := range map[string]struct {
			in   models.NewEmergencyAccount
			want models.Code
		}{
			"name taken":           {models.NewEmergencyAccount{Username: "vieja"}, models.Conflict},
			"e-mail taken":         {models.NewEmergencyAccount{Username: "x", Email: "ANA@mail.example"}, models.Conflict},
			"name is an e-mail":    {models.NewEmergencyAccount{Username: "ana@mail.example"}, models.Conflict},
			"name of a desk user":  {models.NewEmergencyAccount{Username: "u1"}, models.Conflict},
			"e-mail of a desk one": {models.NewEmergencyAccount{Username: "y", Email: "U1@desk.example"}, models.Conflict},
			"no name":              {models.NewEmergencyAccount{}, models.Invalid},
			"long name":            {models.NewEmergencyAccount{Username: strings.Repeat("ñ", 101)}, models.Invalid},
			"no e-mail":            {models.NewEmergencyAccount{Username: "z", Email: "z"}, models.Invalid},
			"kind":                 {models.NewEmergencyAccount{Username: "z", Kind: "OPERADOR_EMERGENCIA"}, models.Invalid},
			"person without kind":  {models.NewEmergencyAccount{Username: "z", PersonID: a.requester.ID}, models.Invalid},
			"not of a crew":        {models.NewEmergencyAccount{Username: "z", Kind: models.AccountCrew, PersonID: a.requester.ID}, models.Invalid},
			"nobody":               {models.NewEmergencyAccount{Username: "z", Kind: models.AccountRequester, PersonID: 999}, models.Invalid},
		} {
			if _, err := create(c.in); models.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		// Nor does a user of the desk get a login that is an account's.
		for name, in := range map[string]models.NewUser{
			"name": {Username: "vieja", Email: "otra@desk.example"}, "name is an e-mail": {Username: "ana@mail.example", Email: "otra@desk.example"},
			"e-mail": {Username: "otra", Email: "ANA@Mail.example"},
		} {
			in.DNI, in.Role, in.PasswordHash = "87654321", models.Operador, "!"
			if err := a.try(func(tx *models.Tx) error { _, err := tx.CreateUser(in); return err }); models.CodeOf(err) != models.Invalid {
				t.Errorf("user with an account's %s: %v", name, err)
			}
		}
		for _, login := range []string{"a\x00b", "\xff"} {
			if _, err := a.store.FindUserByLogin(ctx, login); models.CodeOf(err) != models.NotFound {
				t.Errorf("user %q: %v", login, err)
			}
		}
		set := func(what string, f func(tx *models.Tx) (models.EmergencyAccount, error), version int64, active bool, hash string) {
			t.Helper()
			var out models.EmergencyAccount
			a.tx(func(tx *models.Tx) (err error) { out, err = f(tx); return err })
			stored, err := a.store.EmergencyAccountByID(ctx, first.ID)
			if err != nil || out.Version != version || out.Active != active || stored.Version != version || stored.Active != active || stored.PasswordHash != hash {
				t.Errorf("%s: %+v, stored %+v, %v", what, out, stored, err)
			}
		}
		on := func(active bool) func(tx *models.Tx) (models.EmergencyAccount, error) {
			return func(tx *models.Tx) (models.EmergencyAccount, error) {
				return tx.SetEmergencyAccountActive(first.ID, active)
			}
		}
		set("on already", on(true), 1, true, "!")
		set("off", on(false), 2, false, "!")
		set("off already", on(false), 2, false, "!")
		set("on", on(true), 3, true, "!")
		set("password", func(tx *models.Tx) (models.EmergencyAccount, error) {
			return tx.SetEmergencyAccountPassword(first.ID, "?")
		}, 4, true, "?")
		for _, f := range []func(tx *models.Tx) error{
			func(tx *models.Tx) error { _, err := tx.SetEmergencyAccountActive(first.ID+99, true); return err },
			func(tx *models.Tx) error { _, err := tx.SetEmergencyAccountPassword(a.by.UserID, "?"); return err },
		} {
			if err := a.try(f); models.CodeOf(err) != models.NotFound {
				t.Errorf("unknown: %v", err)
			}
		}
	})
}

// An account without a desk user evaluates and dispatches under its own id, and leaves
// no line in the trail, which is of desk users.
func TestEmergencyByAccount(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		var account models.EmergencyAccount
		a.tx(func(tx *models.Tx) (err error) {
			account, err = tx.CreateEmergencyAccount(models.NewEmergencyAccount{Username: "vieja", PasswordHash: "!"})
			return err
		})
		a.by = models.EmergencyActor{AccountID: account.ID}
		v, e := a.ambulance(models.AmbulanceBasic, 1, 1), a.emergency()
		var order models.DispatchOrder
		a.tx(func(tx *models.Tx) (err error) { order, err = tx.Dispatch(a.order(e, v)); return err })
		want := models.EmergencyOperator{ID: account.ID, Username: "vieja"}
		if e.Operator != want || order.Operator != want || a.by.ID() != account.ID {
			t.Errorf("operators %+v and %+v", e.Operator, order.Operator)
		}
		found, err := a.store.Emergencies(t.Context(), models.EmergencyFilter{OperatorID: account.ID, Limit: 5})
		if err != nil || len(found) != 1 || found[0].ID != e.ID {
			t.Errorf("by operator: %+v, %v", found, err)
		}
		if lines, err := a.store.AuditTrail(t.Context(), "EVALUATE_EMERGENCY"); err != nil || len(lines) != 0 {
			t.Errorf("audit: %+v, %v", lines, err)
		}
		a.by = models.EmergencyActor{}
		req := a.request()
		err = a.try(func(tx *models.Tx) error { _, err := tx.EvaluateRequest(a.evaluation(req.ID)); return err })
		if err == nil {
			t.Error("nobody evaluated a request")
		}
	})
}
