package models

import (
	"context"

	"gorm.io/gorm"
)

// EmergencyNotFound is the message for an unknown emergency.
const EmergencyNotFound = "Emergencia no encontrada"

// The states of an emergency (emergencies contract 3).
const (
	EmergencyCreated   = "CREADA"
	EmergencyEvaluated = "VALORADA"
	EmergencyAssigned  = "ASIGNADA"
	EmergencyResolved  = "RESUELTA"
	EmergencyCanceled  = "CANCELADA"
)

// EmergencyStates lists the states.
var EmergencyStates = []string{EmergencyCreated, EmergencyEvaluated, EmergencyAssigned, EmergencyResolved, EmergencyCanceled}

// The priorities of an emergency (emergencies contract 3).
const (
	PriorityLow    = "BAJA"
	PriorityMedium = "MEDIA"
	PriorityHigh   = "ALTA"
)

// Priorities lists the priorities.
var Priorities = []string{PriorityLow, PriorityMedium, PriorityHigh}

// MaxEmergencyText bounds the description, in characters.
const MaxEmergencyText = 1000

// Emergency is a request that an operator has evaluated (emergencies contract 3).
type Emergency struct {
	ID      int64
	Request EmergencyRequest `gorm:"embedded;embeddedPrefix:request_"`
	Status  string
	// AmbulanceKind is the kind of ambulance that is needed.
	AmbulanceKind string
	Priority      string
	Description   string
	// Operator is who evaluated it.
	Operator EmergencyOperator `gorm:"embedded;embeddedPrefix:operator_"`
	// SuggestedAmbulanceID is the ambulance that was nearest; nil when none was
	// available with a known position.
	SuggestedAmbulanceID *int64
	CreatedAt            Instant `gorm:"autoCreateTime:false"`
	UpdatedAt            Instant `gorm:"autoUpdateTime:false"`
}

// EmergencyOperator is who acted at the emergencies desk: a desk user or an account.
type EmergencyOperator struct {
	// ID is the user's or the account's; the two never share a number.
	ID       int64
	Username string
	Email    string
}

// EmergencyActor is who acts at the emergencies desk: a desk user (UserID), or an
// account without a desk user (AccountID, and then UserID is 0).
type EmergencyActor struct {
	Actor
	AccountID int64
}

// ID is the number under which the actor is known on the wire; 0 for nobody.
func (a EmergencyActor) ID() int64 {
	if a.UserID != 0 {
		return a.UserID
	}
	return a.AccountID
}

// emergencyRow is a row of emergencies.
type emergencyRow struct {
	ID                   int64 `gorm:"primaryKey"`
	RequestID            int64
	Status               string
	AmbulanceKind        string
	Priority             string
	Description          string
	OperatorUserID       *int64
	OperatorAccountID    *int64
	SuggestedAmbulanceID *int64
	CreatedAt            Instant `gorm:"autoCreateTime:false"`
	UpdatedAt            Instant `gorm:"autoUpdateTime:false"`
}

// TableName implements schema.Tabler.
func (emergencyRow) TableName() string { return "emergencies" }

// emergencyColumns are the columns of e and of what emergencyJoins join, as the
// fields of Emergency with a prefix.
var emergencyColumns = "e.id AS @id, e.status AS @status, e.ambulance_kind AS @ambulance_kind, e.priority AS @priority, " +
	"e.description AS @description, e.suggested_ambulance_id AS @suggested_ambulance_id, e.created_at AS @created_at, e.updated_at AS @updated_at, " +
	prefixed("@operator_", operatorColumns("u", "a")) + ", " + prefixed("@request_", requestColumns)

const emergencyJoins = "JOIN emergency_requests r ON r.id = e.request_id " + requestJoins +
	" LEFT JOIN users u ON u.id = e.operator_user_id LEFT JOIN emergency_accounts a ON a.id = e.operator_account_id"

// operatorColumns are those of EmergencyOperator from a user or else an account.
func operatorColumns(user, account string) string {
	either := func(column string) string {
		return "COALESCE(" + user + "." + column + ", " + account + "." + column + ", '') AS @" + column
	}
	return "COALESCE(" + user + ".id, " + account + ".id) AS @id, " + either("username") + ", " + either("email")
}

func (q Queries) emergencies(ctx context.Context) *gorm.DB {
	return q.q(ctx).Table("emergencies AS e").Joins(emergencyJoins).Select(prefixed("", emergencyColumns))
}

// EmergencyByID returns an emergency, code NotFound without one.
func (q Queries) EmergencyByID(ctx context.Context, id int64) (Emergency, error) {
	var out Emergency
	err := q.emergencies(ctx).Where("e.id = ?", id).Take(&out).Error
	return out, found(err, EmergencyNotFound)
}

// EmergencyFilter chooses emergencies; zero fields choose all.
type EmergencyFilter struct {
	Status                             string
	OperatorID, RequesterID, RequestID int64
	// Limit is how many are returned at most; it must be positive.
	Limit, Offset int
}

// Emergencies returns emergencies, the last created first.
func (q Queries) Emergencies(ctx context.Context, f EmergencyFilter) ([]Emergency, error) {
	out := []Emergency{}
	db := q.emergencies(ctx)
	if f.Status != "" {
		db = db.Where("e.status = ?", f.Status)
	}
	if f.OperatorID != 0 {
		db = db.Where("(e.operator_user_id = ? OR e.operator_account_id = ?)", f.OperatorID, f.OperatorID)
	}
	if f.RequesterID != 0 {
		db = db.Where("r.requester_id = ?", f.RequesterID)
	}
	if f.RequestID != 0 {
		db = db.Where("e.request_id = ?", f.RequestID)
	}
	err := db.Order("e.created_at DESC, e.id DESC").Limit(f.Limit).Offset(f.Offset).Find(&out).Error
	return out, unavailable(err)
}
