package events

import "github.com/relevo/relevo/models"

// ConnectionEstablished greets a signed-in socket (contract 1.4).
type ConnectionEstablished struct {
	Message string `json:"message"`
	User    string `json:"user"`
	Role    string `json:"role"`
}

// RefreshDashboard answers dashboard_refresh in all tabs of the user (contract 1.5).
type RefreshDashboard struct {
	Message string `json:"message"`
}

// JoinedRoom answers join_client_room, whether or not the room was joined (contract 5.2).
type JoinedRoom struct {
	Room string `json:"room" private:"true"`
	DNI  string `json:"dni" private:"true"`
}

// SessionUpdated tells a user's sockets that the user has another role now.
type SessionUpdated struct {
	Role string `json:"role"`
	// OldRole is empty in events that were recorded before there was this field.
	OldRole string `json:"old_role"`
}

// SessionEnded tells the sockets of a session that it is over, and why: logout,
// revoked, deactivated, deleted, password_changed, password_reset, expired or replaced.
type SessionEnded struct {
	Reason string `json:"reason"`
}

// ResyncRequired tells a socket that came back that events it missed cannot be
// sent any more: what it shows has to be loaded again.
type ResyncRequired struct {
	// Reason is one of the Resync constants.
	Reason string `json:"reason"`
	// Since is the offset or cursor that the replay should have begun at; null when
	// none is known.
	Since *string `json:"since"`
}

// LimitExceeded tells a socket that an event of it was not taken.
type LimitExceeded struct {
	// Limit is the configuration key of the limit.
	Limit string `json:"limit"`
}

// Reasons of ResyncRequired.
const (
	ResyncWindow  = "window_exceeded" // older than what is kept
	ResyncTooMany = "too_many"        // more than events.replay_max
	ResyncUnknown = "unknown_session" // of another session, or not to be read
	ResyncFailed  = "unavailable"     // the log could not be read
)

// OperationCreated is the payload of nueva_operacion.
type OperationCreated struct {
	OperationID   string       `json:"operation_id"`
	ClientName    *string      `json:"client_name" private:"true"`
	OperationType string       `json:"operation_type"`
	AmountUSD     models.Money `json:"amount_usd"`
	Status        string       `json:"status"`
	CreatedBy     string       `json:"created_by"`
}

// OperationUpdated is the payload of operacion_actualizada.
type OperationUpdated struct {
	OperationID string  `json:"operation_id"`
	ClientName  *string `json:"client_name" private:"true"`
	Status      string  `json:"status"`
	OldStatus   *string `json:"old_status"`
}

// OperationCompleted is the payload of operacion_completada.
type OperationCompleted struct {
	OperationID string       `json:"operation_id"`
	ClientName  *string      `json:"client_name" private:"true"`
	AmountUSD   models.Money `json:"amount_usd"`
	AmountPEN   models.Money `json:"amount_pen"`
}

// OperationCanceled is the payload of operacion_cancelada.
type OperationCanceled struct {
	OperationID string  `json:"operation_id"`
	ClientName  *string `json:"client_name" private:"true"`
	Reason      string  `json:"reason" private:"true"` // words of a person, perhaps of the client
}

// OperationForClient is what a client's own room learns of an operation: only the
// fields that the mobile app reads (contract 5.1, 5.6).
type OperationForClient struct {
	ID          int64  `json:"id"`
	OperationID string `json:"operation_id"`
	Status      string `json:"status"`
}

// OperationAssigned is the payload of operacion_asignada when an operation is sent
// to process (contract 2.2, row a).
type OperationAssigned struct {
	OperationID   string       `json:"operation_id"`
	OperationDBID int64        `json:"operation_db_id"`
	ClientName    *string      `json:"client_name" private:"true"`
	OperationType string       `json:"operation_type"`
	AmountUSD     models.Money `json:"amount_usd"`
	Status        string       `json:"status"`
	Message       string       `json:"message"`
}

// OperationReassigned is the payload of operacion_asignada and of
// operacion_reasignada_removida when another operator takes over (contract 2.2, row b).
type OperationReassigned struct {
	OperationAssigned
	OldOperatorName string `json:"old_operator_name"`
	NewOperatorName string `json:"new_operator_name"`
	ReassignedBy    string `json:"reassigned_by"`
}

// ClientRef is what is left of the client object: the fields that pages fall back
// to (contract 5.4).
type ClientRef struct {
	FullName    *string `json:"full_name" private:"true"`
	RazonSocial *string `json:"razon_social" private:"true"`
	DNI         string  `json:"dni" private:"true"`
}

// ClientCreated is the payload of client_created.
type ClientCreated struct {
	ClientID  int64     `json:"client_id"`
	Client    ClientRef `json:"client"`
	CreatedBy string    `json:"created_by"`
}

// ClientUpdated is the payload of client_updated.
type ClientUpdated struct {
	ClientID   int64     `json:"client_id"`
	ClientName *string   `json:"client_name" private:"true"`
	Client     ClientRef `json:"client"`
	UpdatedBy  string    `json:"updated_by"`
}

// ClientStatusChanged is the payload of client_status_changed.
type ClientStatusChanged struct {
	ClientID  int64     `json:"client_id"`
	Client    ClientRef `json:"client"`
	OldStatus string    `json:"old_status"`
	NewStatus string    `json:"new_status"`
	ChangedBy string    `json:"changed_by"`
}

// ClientDeleted is the payload of client_deleted.
type ClientDeleted struct {
	ClientID   int64   `json:"client_id"`
	ClientName *string `json:"client_name" private:"true"`
	DeletedBy  string  `json:"deleted_by"`
}

// ClientNoticed is the payload of nuevo_cliente.
type ClientNoticed struct {
	ClientName *string `json:"client_name" private:"true"`
	ClientDNI  string  `json:"client_dni" private:"true"`
	CreatedBy  string  `json:"created_by"`
}

// NewUser is the payload of nuevo_usuario.
type NewUser struct {
	Username   string `json:"username"`
	Role       string `json:"role"`
	CreatedBy  string `json:"created_by"`
	TargetRole string `json:"target_role"`
}

// UserChanged is the payload of user_updated and user_deleted.
type UserChanged struct {
	UserID    int64  `json:"user_id"`
	Username  string `json:"username"`
	Role      string `json:"role"`
	Status    string `json:"status"`
	ChangedBy string `json:"changed_by"`
}

// Empty is the payload {}.
type Empty struct{}

// Notification is a toast. The tag oneof holds for what other services publish.
type Notification struct {
	Title   string `json:"title"`
	Message string `json:"message"`
	Type    string `json:"type" oneof:"info success warning error"`
}

// RatesUpdated is the payload of tipos_cambio_actualizados.
type RatesUpdated struct {
	Compra    models.Money    `json:"compra"`
	Venta     models.Money    `json:"venta"`
	UpdatedBy string          `json:"updated_by"`
	UpdatedAt models.LimaTime `json:"updated_at"`
}
