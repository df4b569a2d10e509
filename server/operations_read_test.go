package server_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/relevo/relevo/models"
)

// listedIDs are the operation ids of an answer, in order.
func listedIDs(r reply, key string) (ids []string) {
	for _, op := range r.body[key].([]any) {
		ids = append(ids, op.(object)["operation_id"].(string))
	}
	return ids
}

// at sets when an operation was created, in Lima's wall clock on 15 January 2026.
func at(day, hour, min, sec, micro int) func(*models.Operation) {
	return func(op *models.Operation) {
		op.CreatedAt = models.ToLima(time.Date(2026, 1, day, hour, min, sec, micro*1000, models.Lima))
	}
}

// contract 3.5, 5.30: today is half-open and Lima's, in process first, then the newest.
func TestOperationLists(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		other := w.tradingClient(nil)
		name := func(op models.Operation) string { return op.OperationID }
		first := name(w.row(models.Pendiente, at(15, 0, 0, 0, 0)))
		late := name(w.row(models.Completada, at(15, 23, 59, 59, 999999)))
		busy := name(w.row(models.EnProceso, at(15, 8, 0, 0, 0)))
		busier := name(w.row(models.EnProceso, at(15, 9, 0, 0, 0)))
		yesterday := name(w.row(models.Pendiente, at(14, 23, 59, 59, 999999)))
		tomorrow := name(w.row(models.EnProceso, func(op *models.Operation) { at(16, 0, 0, 0, 0)(op); op.ClientID = other.ID }))

		all := []string{tomorrow, late, busier, busy, first, yesterday}
		today := []string{busier, busy, late, first}
		for url, want := range map[string][]string{
			"list":                           today,
			"today":                          today,
			"list?status=Pendiente":          today, // filters are ignored without all
			"list?all=1":                     today,
			"list?all=true":                  all,
			"list?all=true&status=Pendiente": {first, yesterday},
			fmt.Sprintf("list?all=true&client_id=%d", other.ID):                   {tomorrow},
			fmt.Sprintf("list?all=true&status=Completada&client_id=%d", other.ID): {late}, // status wins
			"list?all=true&status=nada":                                           nil,
			"list?all=true&client_id=424242":                                      nil,
		} {
			if got := listedIDs(w.trader.get("/operations/api/"+url).want(t, 200), "operations"); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", url, got, want)
			}
		}
		if got := listedIDs(w.operator.get("/operations/api/for_operator").want(t, 200), "operations"); !slices.Equal(got, []string{tomorrow, busier, busy, first, yesterday}) {
			t.Errorf("for_operator: %v", got)
		}
		wantRefusal(t, w.trader.get("/operations/api/list?all=true&client_id=x"), 400)
		// An empty list is [], and the status may hold anything.
		if r := w.trader.get("/operations/api/list?all=true&status=%00%27%3B--").want(t, 200); !strings.Contains(string(r.raw), `"operations":[]`) {
			t.Errorf("empty list: %s", r.raw)
		}
		// An old row without id prefix is found by its key, a number is a row id.
		op := w.row(models.EnProceso, nil)
		for _, key := range []string{op.OperationID, fmt.Sprint(op.ID)} {
			if r := w.operator.get("/operations/api/"+key).want(t, 200); r.body["operation"].(object)["operation_id"] != op.OperationID {
				t.Errorf("%s: %s", key, r.raw)
			}
		}
		for _, key := range []string{"EXP-0", "424242", "-1", "99999999999", strings.Repeat("x", 300), "a%00b", "%ff%fe"} {
			wantRefusal(t, w.operator.get("/operations/api/"+key), 404)
		}
	})
}

// contract 3.5, 2.7: minutes are whole, alerts come at 10, 15, 20; only the own ones of
// today.
func TestCheckPendingOperations(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.EnProceso, nil)
		w.row(models.EnProceso, func(op *models.Operation) { op.AssignedOperatorID = &w.other.user.ID })
		w.row(models.EnProceso, func(op *models.Operation) {
			y := models.ToLima(d.now().Add(-24 * time.Hour))
			op.InProcessSince = &y
		})
		w.row(models.EnProceso, func(op *models.Operation) { op.InProcessSince = nil })
		minute := 0
		for _, c := range []struct {
			minute int
			alert  any
		}{{9, nil}, {10, true}, {11, false}, {14, false}, {15, true}, {20, true}, {61, false}} {
			d.advance(time.Duration(c.minute-minute) * time.Minute)
			minute = c.minute
			r := w.operator.get("/operations/api/check_pending_operations").want(t, 200)
			list := r.body["pending_operations"].([]any)
			if c.alert == nil {
				if len(list) != 0 || r.body["count"] != 0.0 {
					t.Errorf("minute %d: %s", c.minute, r.raw)
				}
				continue
			}
			if len(list) != 1 || r.body["count"] != 1.0 {
				t.Fatalf("minute %d: %s", c.minute, r.raw)
			}
			got := list[0].(object)
			if got["operation_id"] != op.OperationID || got["should_alert"] != c.alert || got["time_in_process_minutes"] != float64(c.minute) {
				t.Errorf("minute %d: %v %v %v", c.minute, got["operation_id"], got["should_alert"], got["time_in_process_minutes"])
			}
		}
	})
}

// contract 3.5: who can take over, with three fields each.
func TestGetActiveOperators(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		r := w.master.get("/operations/api/get_active_operators").want(t, 200)
		want := fmt.Sprintf(`"operators":[{"email":"%s","id":%d,"username":"%s"}]`, w.operator.user.Email, w.operator.user.ID, w.operator.user.Username)
		if !strings.Contains(string(r.raw), want) || r.body["count"] != 1.0 {
			t.Errorf("%s lacks %s", r.raw, want)
		}
	})
}

// contract 3.5, 5.33: reading notes twice counts once and is no change.
func TestMarkNotesRead(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		op := w.row(models.EnProceso, nil)
		d.advance(time.Hour)
		for range 2 {
			r := w.operator.send("POST", opPath("mark_notes_read/%d", op), []byte("null"), "Content-Type", "application/json").want(t, 200)
			if got := fmt.Sprint(r.body["notes_read_by"]); got != fmt.Sprintf("[%d]", w.operator.user.ID) || r.message() == "" {
				t.Errorf("%s", r.raw)
			}
		}
		if after := w.stored(op.ID); after.UpdatedAt.ISO() != op.UpdatedAt.ISO() {
			t.Errorf("updated_at moved from %s to %s", op.UpdatedAt.ISO(), after.UpdatedAt.ISO())
		}
		w.wantTold(t)
	})
}

// contract 3.5: spreadsheets of today and of all days; no cell runs as a formula.
func TestOperationSpreadsheets(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		w := newTrading(t, d)
		notes := `=HYPERLINK("http://evil.example")`
		now := w.row(models.Pendiente, func(op *models.Operation) { op.Notes = &notes })
		old := w.row(models.Completada, at(3, 9, 0, 0, 0))
		for url, want := range map[string][]string{
			"export_today":   {now.OperationID},
			"export_history": {now.OperationID, old.OperationID},
			"export_history?from=2026-01-03&to=2026-01-03": {old.OperationID},
			"export_history?from=2026-01-04":               {now.OperationID},
			"export_history?to=2026-01-02":                 nil,
		} {
			r := w.trader.get("/operations/api/"+url).want(t, 200)
			book, err := excelize.OpenReader(bytes.NewReader(r.raw))
			if err != nil {
				t.Fatalf("%s: %v", url, err)
			}
			rows, err := book.GetRows("Operaciones")
			if err != nil || len(rows) != len(want)+1 || rows[0][0] != "Operación" {
				t.Fatalf("%s: %v, %v", url, rows, err)
			}
			for i, id := range want {
				if rows[i+1][0] != id || rows[i+1][5] != "1000" || rows[i+1][6] != "3.75" || rows[i+1][7] != "3750" {
					t.Errorf("%s: %v", url, rows[i+1])
				}
			}
			if formula, _ := book.GetCellFormula("Operaciones", "T2"); formula != "" {
				t.Errorf("%s: formula %s", url, formula)
			}
			_ = book.Close()
			sep := "?"
			if strings.Contains(url, "?") {
				sep = "&"
			}
			r = w.trader.get("/operations/api/"+url+sep+"format=csv").want(t, 200)
			lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(r.raw), "\ufeff"))).ReadAll()
			if err != nil || len(lines) != len(want)+1 {
				t.Fatalf("%s as csv: %v, %v", url, lines, err)
			}
			if len(want) > 0 && want[0] == now.OperationID && lines[1][19] != "'"+notes {
				t.Errorf("%s as csv: %q", url, lines[1][19])
			}
		}
		wantRefusal(t, w.trader.get("/operations/api/export_history?from=ayer"), 400)
	})
}
