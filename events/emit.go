package events

import (
	"fmt"
	"strconv"

	"github.com/relevo/relevo/models"
)

// OperationKind is what happened to an operation.
type OperationKind string

// What can happen to an operation.
const (
	OperationWasCreated    OperationKind = "created"
	OperationWasUpdated    OperationKind = "updated"
	OperationWasCompleted  OperationKind = "completed"
	OperationWasCanceled   OperationKind = "canceled"
	OperationWasAssigned   OperationKind = "assigned"   // to Operator, when sent to process
	OperationWasReassigned OperationKind = "reassigned" // to Operator, from another one
	OperationWasRemoved    OperationKind = "removed"    // from Operator
)

// OperationNotice is what an operation event tells. Fields that a kind does not
// name are ignored by it.
type OperationNotice struct {
	Operation  models.Operation
	ClientName *string // contract 2.1; nil when all name parts are empty
	ClientDNI  string
	By         string  // username: created, reassigned
	OldStatus  *string // updated
	Reason     string  // canceled
	// Operator is the addressee of assigned, reassigned and removed.
	Operator int64
	// OldOperator and NewOperator are usernames: reassigned, removed.
	OldOperator, NewOperator string
	// Message is shown to the operator: assigned, reassigned, removed.
	Message string
}

// EmitOperation records the events of one operation change, for the staff and,
// with the fewest fields, for the client concerned.
func EmitOperation(r Recorder, kind OperationKind, n OperationNotice) error {
	op := n.Operation
	entity := "operation/" + strconv.FormatInt(op.ID, 10)
	forClient := OperationForClient{op.ID, op.OperationID, op.Status}
	assigned := OperationAssigned{op.OperationID, op.ID, n.ClientName, op.OperationType, op.AmountUSD, op.Status, n.Message}
	reassigned := OperationReassigned{assigned, n.OldOperator, n.NewOperator, n.By}
	switch kind {
	case OperationWasCreated:
		return nuevaOperacion.record(r, entity, OperationCreated{op.OperationID, n.ClientName, op.OperationType, op.AmountUSD, op.Status, n.By}, RoomAuthenticated)
	case OperationWasUpdated:
		err := operacionActualizada.record(r, entity, OperationUpdated{op.OperationID, n.ClientName, op.Status, n.OldStatus}, RoomAuthenticated)
		// On completion the client gets operacion_completada alone, and nothing when
		// only the operator changed (contract 5.6).
		if err != nil || op.Status == models.Completada || (n.OldStatus != nil && *n.OldStatus == op.Status) {
			return err
		}
		return clienteOpActualizada.record(r, entity, forClient, clientRooms(n.ClientDNI)...)
	case OperationWasCompleted:
		if err := operacionCompletada.record(r, entity, OperationCompleted{op.OperationID, n.ClientName, op.AmountUSD, op.AmountPEN}, RoomAuthenticated); err != nil {
			return err
		}
		return clienteOpCompletada.record(r, entity, forClient, clientRooms(n.ClientDNI)...)
	case OperationWasCanceled:
		if err := operacionCancelada.record(r, entity, OperationCanceled{op.OperationID, n.ClientName, n.Reason}, RoomAuthenticated); err != nil {
			return err
		}
		return clienteOpActualizada.record(r, entity, forClient, clientRooms(n.ClientDNI)...)
	case OperationWasAssigned:
		return operacionAsignada.record(r, entity, assigned, RoomUser(n.Operator))
	case OperationWasReassigned:
		return operacionReasignada.record(r, entity, reassigned, RoomUser(n.Operator))
	case OperationWasRemoved:
		return operacionRemovida.record(r, entity, reassigned, RoomUser(n.Operator))
	}
	return fmt.Errorf("emit operation: unknown kind %q", kind)
}

func clientRooms(dni string) []string {
	if dni == "" {
		return nil
	}
	return []string{RoomClient(dni)}
}

// ClientKind is what happened to a client.
type ClientKind string

// What can happen to a client.
const (
	ClientWasCreated       ClientKind = "created"
	ClientWasUpdated       ClientKind = "updated"
	ClientStatusWasChanged ClientKind = "status_changed"
	ClientWasDeleted       ClientKind = "deleted"
)

// ClientNotice is what a client event tells.
type ClientNotice struct {
	Client    models.Client
	Name      *string // contract 2.1; nil when all name parts are empty
	By        string  // username
	OldStatus string  // status_changed
}

// EmitClient records the events of one client change.
func EmitClient(r Recorder, kind ClientKind, n ClientNotice) error {
	c := n.Client
	entity := "client/" + strconv.FormatInt(c.ID, 10)
	ref := ClientRef{n.Name, c.RazonSocial, c.DNI}
	switch kind {
	case ClientWasCreated:
		if err := clientCreated.record(r, entity, ClientCreated{c.ID, ref, n.By}, RoomAuthenticated); err != nil {
			return err
		}
		return nuevoCliente.record(r, entity, ClientNoticed{n.Name, c.DNI, n.By}, RoomAuthenticated)
	case ClientWasUpdated:
		return clientUpdated.record(r, entity, ClientUpdated{c.ID, n.Name, ref, n.By}, RoomAuthenticated)
	case ClientStatusWasChanged:
		return clientStatusChanged.record(r, entity, ClientStatusChanged{c.ID, ref, n.OldStatus, c.Status, n.By}, RoomAuthenticated)
	case ClientWasDeleted:
		return clientDeleted.record(r, entity, ClientDeleted{c.ID, n.Name, n.By}, RoomAuthenticated)
	}
	return fmt.Errorf("emit client: unknown kind %q", kind)
}

// UserKind is what happened to a user.
type UserKind string

// What can happen to a user.
const (
	UserWasCreated UserKind = "created"
	UserWasUpdated UserKind = "updated"
	UserWasDeleted UserKind = "deleted"
)

// EmitUser records the event of one user change; by is the acting username.
func EmitUser(r Recorder, kind UserKind, u models.User, by string) error {
	entity := "user/" + strconv.FormatInt(u.ID, 10)
	changed := UserChanged{u.ID, u.Username, u.Role, u.Status, by}
	switch kind {
	case UserWasCreated:
		return nuevoUsuario.record(r, entity, NewUser{u.Username, u.Role, by, models.Master}, RoomRole(models.Master))
	case UserWasUpdated:
		return userUpdated.record(r, entity, changed, RoomRole(models.Master))
	case UserWasDeleted:
		return userDeleted.record(r, entity, changed, RoomRole(models.Master))
	}
	return fmt.Errorf("emit user: unknown kind %q", kind)
}

// EmitUserChange records the event of a user change. When the role differs it tells
// the user's own sockets of it, and those of sessions that the change has ended of
// their end.
func EmitUserChange(r SessionEnder, kind UserKind, before, after models.User, by string) error {
	reason := EndDeactivated
	if kind == UserWasDeleted {
		reason = EndDeleted
	}
	if err := EmitSessionEnded(r, reason); err != nil {
		return err
	}
	if before.Role != after.Role {
		entity := "user/" + strconv.FormatInt(after.ID, 10)
		if err := sessionUpdated.record(r, entity, SessionUpdated{after.Role, before.Role}, RoomUser(after.ID)); err != nil {
			return err
		}
	}
	return EmitUser(r, kind, after, by)
}

// DashboardKind is which page shall reload.
type DashboardKind string

// The pages that reload.
const (
	DashboardChanged DashboardKind = "dashboard"
	PositionChanged  DashboardKind = "position"
)

// EmitDashboard records reload requests, in the order given.
func EmitDashboard(r Recorder, kinds ...DashboardKind) error {
	for _, kind := range kinds {
		var err error
		switch kind {
		case DashboardChanged:
			err = dashboardUpdate.record(r, "", Empty{}, RoomAuthenticated)
		case PositionChanged:
			err = positionUpdate.record(r, "", Empty{}, RoomAuthenticated)
		default:
			err = fmt.Errorf("emit dashboard: unknown kind %q", kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
