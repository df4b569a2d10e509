package events_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Every row is well formed: a wire name, a struct payload with named fields, an
// audience, a class, a sentence; and no two rows of one name share an audience.
func TestCatalogueRows(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z_]*$`)
	seen := map[string]bool{}
	for _, r := range events.All() {
		if !name.MatchString(r.Name) {
			t.Errorf("%q is not a wire name", r.Name)
		}
		if len(r.Audience.Rooms) == 0 {
			t.Errorf("%s reaches nobody", r.Name)
		}
		if reflect.TypeOf(r.Payload).Kind() != reflect.Struct {
			t.Errorf("%s: payload is %T", r.Name, r.Payload)
		}
		if !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("%s: the documentation is not a sentence: %q", r.Name, r.Doc)
		}
		key := r.Name + fmt.Sprintf("%T", r.Payload)
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if strings.Contains(fmt.Sprint(r.Audience.Rooms), events.RoomPublic) && r.Name != "tipos_cambio_actualizados" {
			t.Errorf("%s is public (contract 5.1)", r.Name)
		}
	}
	// contract 2.2 and 2.3, emergencies contract 1.3: the names that the pages listen to.
	for _, want := range strings.Fields(`connection_established refresh_dashboard nueva_operacion operacion_actualizada
		operacion_completada operacion_cancelada operacion_asignada operacion_reasignada_removida nuevo_cliente dashboard_update
		position_update client_created client_updated client_status_changed client_deleted nuevo_usuario notification
		user_updated user_deleted joined_room tipos_cambio_actualizados
		nueva_solicitud sala_atendida emergencia_actualizada ubicacion_ambulancia`) {
		if !hasRow(want) {
			t.Errorf("no row %s", want)
		}
	}
}

func hasRow(name string) bool {
	for _, r := range events.All() {
		if r.Name == name {
			return true
		}
	}
	return false
}

// journal is a transaction's event list.
type journal []models.EventRecord

func (j *journal) Record(e models.EventRecord) error { *j = append(*j, e); return nil }

func (j *journal) lines() []string {
	var out []string
	for _, e := range *j {
		out = append(out, fmt.Sprintf("%s -> %v - %v %s", e.Name, e.Rooms, e.Except, e.Payload))
	}
	return out
}

func text(s string) *string { return &s }

// contract 2.2, 2.3, 5.1 to 5.6: names, audiences and payloads to the byte.
func TestEmitHelpers(t *testing.T) {
	usd, _ := models.ParseMoney("1000")
	pen, _ := models.ParseMoney("3750.5")
	op := models.Operation{ID: 7, OperationID: "EXP-1001", OperationType: models.Compra, AmountUSD: usd, AmountPEN: pen, Status: models.Pendiente}
	in := func(status string) models.Operation { o := op; o.Status = status; return o }
	notice := func(o models.Operation) events.OperationNotice {
		return events.OperationNotice{Operation: o, ClientName: text("ANA ROJAS"), ClientDNI: "12345678", By: "tina", Operator: 4, OldOperator: "olga", NewOperator: "omar", Message: "m", Reason: "r"}
	}
	from := func(old string, o models.Operation) events.OperationNotice {
		n := notice(o)
		n.OldStatus = &old
		return n
	}
	client := models.Client{ID: 3, DNI: "20123456789", RazonSocial: text("Acme"), Status: models.Inactive}
	cn := events.ClientNotice{Client: client, Name: text("ACME"), By: "tina", OldStatus: models.Active}
	user := models.User{ID: 5, Username: "nora", Role: models.Trader, Status: models.Active}
	for name, c := range map[string]struct {
		emit func(r events.Recorder) error
		want []string
	}{
		"created": {func(r events.Recorder) error { return events.EmitOperation(r, events.OperationWasCreated, notice(op)) }, []string{
			`nueva_operacion -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","operation_type":"Compra","amount_usd":1000.0,"status":"Pendiente","created_by":"tina"}`}},
		"updated": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasUpdated, from(models.Pendiente, in(models.EnProceso)))
		}, []string{
			`operacion_actualizada -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","status":"En proceso","old_status":"Pendiente"}`,
			`operacion_actualizada -> [client_12345678] - [authenticated] {"id":7,"operation_id":"EXP-1001","status":"En proceso"}`}},
		"reassignment tells the client nothing": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasUpdated, from(models.EnProceso, in(models.EnProceso)))
		}, []string{
			`operacion_actualizada -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","status":"En proceso","old_status":"En proceso"}`}},
		"completion by update tells the client nothing": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasUpdated, from(models.EnProceso, in(models.Completada)))
		}, []string{
			`operacion_actualizada -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","status":"Completada","old_status":"En proceso"}`}},
		"completed": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasCompleted, notice(in(models.Completada)))
		}, []string{
			`operacion_completada -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","amount_usd":1000.0,"amount_pen":3750.5}`,
			`operacion_completada -> [client_12345678] - [authenticated] {"id":7,"operation_id":"EXP-1001","status":"Completada"}`}},
		"canceled": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasCanceled, notice(in(models.Cancelado)))
		}, []string{
			`operacion_cancelada -> [authenticated] - [] {"operation_id":"EXP-1001","client_name":"ANA ROJAS","reason":"r"}`,
			`operacion_actualizada -> [client_12345678] - [authenticated] {"id":7,"operation_id":"EXP-1001","status":"Cancelado"}`}},
		"assigned": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasAssigned, notice(in(models.EnProceso)))
		}, []string{
			`operacion_asignada -> [user_4] - [] {"operation_id":"EXP-1001","operation_db_id":7,"client_name":"ANA ROJAS","operation_type":"Compra","amount_usd":1000.0,"status":"En proceso","message":"m"}`}},
		"removed": {func(r events.Recorder) error {
			return events.EmitOperation(r, events.OperationWasRemoved, notice(in(models.EnProceso)))
		}, []string{
			`operacion_reasignada_removida -> [user_4] - [] {"operation_id":"EXP-1001","operation_db_id":7,"client_name":"ANA ROJAS","operation_type":"Compra","amount_usd":1000.0,"status":"En proceso","message":"m","old_operator_name":"olga","new_operator_name":"omar","reassigned_by":"tina"}`}},
		"client created": {func(r events.Recorder) error { return events.EmitClient(r, events.ClientWasCreated, cn) }, []string{
			`client_created -> [authenticated] - [] {"client_id":3,"client":{"full_name":"ACME","razon_social":"Acme","dni":"20123456789"},"created_by":"tina"}`,
			`nuevo_cliente -> [authenticated] - [] {"client_name":"ACME","client_dni":"20123456789","created_by":"tina"}`}},
		"client updated": {func(r events.Recorder) error { return events.EmitClient(r, events.ClientWasUpdated, cn) }, []string{
			`client_updated -> [authenticated] - [] {"client_id":3,"client_name":"ACME","client":{"full_name":"ACME","razon_social":"Acme","dni":"20123456789"},"updated_by":"tina"}`}},
		"client status": {func(r events.Recorder) error { return events.EmitClient(r, events.ClientStatusWasChanged, cn) }, []string{
			`client_status_changed -> [authenticated] - [] {"client_id":3,"client":{"full_name":"ACME","razon_social":"Acme","dni":"20123456789"},"old_status":"Activo","new_status":"Inactivo","changed_by":"tina"}`}},
		"client deleted, nameless": {func(r events.Recorder) error {
			n := cn
			n.Name = nil
			return events.EmitClient(r, events.ClientWasDeleted, n)
		}, []string{`client_deleted -> [authenticated] - [] {"client_id":3,"client_name":null,"deleted_by":"tina"}`}},
		"user created": {func(r events.Recorder) error { return events.EmitUser(r, events.UserWasCreated, user, "max") }, []string{
			`nuevo_usuario -> [role_Master] - [] {"username":"nora","role":"Trader","created_by":"max","target_role":"Master"}`}},
		"user deleted": {func(r events.Recorder) error { return events.EmitUser(r, events.UserWasDeleted, user, "max") }, []string{
			`user_deleted -> [role_Master] - [] {"user_id":5,"username":"nora","role":"Trader","status":"Activo","changed_by":"max"}`}},
		"dashboard": {func(r events.Recorder) error {
			return events.EmitDashboard(r, events.DashboardChanged, events.PositionChanged)
		}, []string{`dashboard_update -> [authenticated] - [] {}`, `position_update -> [authenticated] - [] {}`}},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal
			if err := c.emit(&j); err != nil {
				t.Fatal(err)
			}
			if got := j.lines(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for _, e := range j {
				if !json.Valid(e.Payload) {
					t.Errorf("%s: invalid JSON", e.Name)
				}
			}
		})
	}
}

// An unknown kind is an error and emits nothing.
func TestEmitUnknownKind(t *testing.T) {
	var j journal
	for _, err := range []error{
		events.EmitOperation(&j, "x", events.OperationNotice{}), events.EmitClient(&j, "x", events.ClientNotice{}),
		events.EmitUser(&j, "x", models.User{}, ""), events.EmitDashboard(&j, "x"),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	if len(j) != 0 {
		t.Errorf("emitted %v", j.lines())
	}
}

// A dead socket is counted and logged at debug; a fault of ours is logged once; neither is returned.
func TestGuard(t *testing.T) {
	core, logged := observer.New(zapcore.DebugLevel)
	results := []func() error{
		func() error { return nil },
		func() error { return fmt.Errorf("write: %w", syscall.EBADF) },
		func() error { return &net.OpError{Op: "write", Err: syscall.EPIPE} },
		func() error { return io.EOF },
		func() error { return errors.New("encoder broke") },
		func() error { panic("nil map") },
	}
	i := 0
	g := events.NewGuard(func(events.Delivery) error { i++; return results[i-1]() }, zap.New(core))
	for range results {
		g.Deliver(events.Delivery{LoggedEvent: models.LoggedEvent{EventRecord: models.EventRecord{Name: "x"}}})
	}
	if got, want := g.Counts(), (events.GuardCounts{Emitted: 6, Benign: 3, Failed: 2, Panicked: 1}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
	if n := logged.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 2 {
		t.Errorf("%d error lines, want 2", n)
	}
}
