package events

import (
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// Changes of roles are read from the log, and only those.
func TestRoleChanges(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		for _, role := range []string{models.Trader, models.Operador} {
			err := s.Tx(t.Context(), func(tx *models.Tx) error {
				if err := EmitNotification(tx, Notification{Title: "t", Message: "m", Type: NotifyInfo}, RoomUser(7)); err != nil {
					return err
				}
				return sessionUpdated.record(tx, "user/7", SessionUpdated{role, models.Master}, RoomUser(7))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		all, err := RoleChanges(t.Context(), s, 0, 10)
		if err != nil || len(all) != 2 || all[0].UserID != 7 || all[0].Role != models.Trader || all[0].Old != models.Master || all[1].Role != models.Operador || all[0].Seq >= all[1].Seq {
			t.Fatalf("%+v, %v", all, err)
		}
		if later, err := RoleChanges(t.Context(), s, all[0].Seq, 10); err != nil || len(later) != 1 || later[0] != all[1] {
			t.Errorf("%+v, %v", later, err)
		}
		if one, err := RoleChanges(t.Context(), s, 0, 1); err != nil || len(one) != 1 || one[0] != all[0] {
			t.Errorf("%+v, %v", one, err)
		}
	})
}

// What is kept and not the server's own doing may be sent again.
func TestResendable(t *testing.T) {
	for name, want := range map[string]bool{
		"nueva_operacion": true, "notification": true, "nueva_solicitud": true, "tipos_cambio_actualizados": true,
		"session_updated": false, "session_ended": false, "dashboard_update": false, "console_now": false, "connection_established": false, "nobody": false,
	} {
		if Resendable(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}
