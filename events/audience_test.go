package events_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

func logged(seq int64, name string, rooms, except []string) models.LoggedEvent {
	return models.LoggedEvent{Seq: seq, EventRecord: models.EventRecord{ID: fmt.Sprint("e", seq), Name: name, Rooms: rooms, Except: except, Payload: []byte(`{"role":"Master"}`)}}
}

// contract 5.1, 5.2, 5.9: who may read what of the log, and above all who may not.
func TestVisible(t *testing.T) {
	log := []models.LoggedEvent{
		1:  logged(1, "to_staff", []string{"authenticated"}, nil),
		2:  logged(2, "to_masters", []string{"role_Master"}, nil),
		3:  logged(3, "to_traders", []string{"role_Trader"}, nil),
		4:  logged(4, "session_updated", []string{"user_7"}, nil),
		5:  logged(5, "to_masters", []string{"role_Master"}, nil),
		6:  logged(6, "to_operators", []string{"role_Operador"}, nil),
		7:  logged(7, "to_client", []string{"client_12345678"}, []string{"authenticated"}),
		8:  logged(8, "to_world", []string{"public"}, nil),
		9:  logged(9, "to_nobody", nil, nil),
		10: logged(10, "to_two", []string{"role_Trader", "user_7"}, nil),
		11: logged(11, "to_world_but_masters", []string{"public"}, []string{"role_Master"}),
		12: logged(12, "to_seventy", []string{"user_70"}, nil),
	}[1:]
	for name, c := range map[string]struct {
		viewer events.Viewer
		want   []int64
	}{
		"nobody":                              {events.Viewer{}, []int64{8, 11}},
		"nobody with a role":                  {events.Viewer{Role: models.Master}, []int64{8, 11}},
		"a client of its own":                 {events.Viewer{Rooms: []string{"client_12345678"}}, []int64{7, 8, 11}},
		"another client":                      {events.Viewer{Rooms: []string{"client_1234567"}}, []int64{8, 11}},
		"staff watching a client":             {events.Viewer{UserID: 5, Role: models.Operador, Rooms: []string{"client_12345678"}}, []int64{1, 6, 8, 11}},
		"master since ever":                   {events.Viewer{UserID: 1, Role: models.Master}, []int64{1, 2, 5, 8}},
		"master since row 4":                  {events.Viewer{UserID: 7, Role: models.Master}, []int64{1, 4, 5, 8, 10}},
		"master since a row not read":         {events.Viewer{UserID: 1, Role: models.Master, RoleSince: 5}, []int64{1, 8}},
		"trader since row 4: user room stays": {events.Viewer{UserID: 7, Role: models.Trader}, []int64{1, 4, 8, 10, 11}},
		"trader whose change is of another":   {events.Viewer{UserID: 70, Role: models.Trader}, []int64{1, 3, 8, 10, 11, 12}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, row := range events.Visible(log, c.viewer) {
				got = append(got, row.Seq)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("sees %v, want %v", got, c.want)
			}
		})
	}
}
