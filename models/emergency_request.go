package models

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

const (
	// RequestNotFound is the message for an unknown request.
	RequestNotFound = "Solicitud no encontrada"
	// RoomNotFound is the message for a call room that belongs to no request.
	RoomNotFound = "Sala no encontrada"
)

// EmergencyRequest is an ambulance asked for (emergencies contract 3, Solicitud).
type EmergencyRequest struct {
	ID          int64
	Requester   Requester `gorm:"embedded;embeddedPrefix:requester_"`
	Location    Location  `gorm:"embedded;embeddedPrefix:location_"`
	RequestedAt Instant
	// Room is the name of the call room; it is unique and hard to guess.
	Room string
	// AttendedAt is when the first operator joined the room; nil before.
	AttendedAt *Instant
}

// requestRow is a row of emergency_requests. ClosedAt takes a request that was
// evaluated, and whose emergency was deleted, out of the open ones.
type requestRow struct {
	ID          int64 `gorm:"primaryKey"`
	RequesterID int64
	LocationID  int64
	RequestedAt Instant
	Room        string
	AttendedAt  *Instant
	ClosedAt    *Instant
}

// TableName implements schema.Tabler.
func (requestRow) TableName() string { return "emergency_requests" }

// requestColumns are the columns of r, q, p and l as the fields of EmergencyRequest.
var requestColumns = "r.id AS @id, r.requested_at AS @requested_at, r.room AS @room, r.attended_at AS @attended_at, " +
	prefixed("@requester_", personColumns+", q.conditions AS @conditions") + ", " + prefixed("@location_", locationColumns)

// requestJoins join what requestColumns name to r.
const requestJoins = "JOIN emergency_requesters q ON q.id = r.requester_id JOIN emergency_people p ON p.id = q.id JOIN emergency_locations l ON l.id = r.location_id"

// requests begins a query for requests.
func (q Queries) requests(ctx context.Context) *gorm.DB {
	return q.q(ctx).Table("emergency_requests AS r").Joins(requestJoins).Select(prefixed("", requestColumns))
}

// RequestByID returns a request, code NotFound without one.
func (q Queries) RequestByID(ctx context.Context, id int64) (EmergencyRequest, error) {
	var out EmergencyRequest
	err := q.requests(ctx).Where("r.id = ?", id).Take(&out).Error
	return out, found(err, RequestNotFound)
}

// RequestByRoom returns the request of a call room, code NotFound without one.
func (q Queries) RequestByRoom(ctx context.Context, room string) (EmergencyRequest, error) {
	var out EmergencyRequest
	if !storableRoom(room) {
		return out, Errorf(NotFound, RoomNotFound)
	}
	err := q.requests(ctx).Where("r.room = ?", room).Take(&out).Error
	return out, found(err, RoomNotFound)
}

// RequestFilter chooses requests; zero fields choose all.
type RequestFilter struct {
	RequesterID int64
	// Limit is how many are returned at most; it must be positive.
	Limit, Offset int
}

// Requests returns requests, the newest first.
func (q Queries) Requests(ctx context.Context, f RequestFilter) ([]EmergencyRequest, error) {
	out := []EmergencyRequest{}
	db := q.requests(ctx)
	if f.RequesterID != 0 {
		db = db.Where("r.requester_id = ?", f.RequesterID)
	}
	err := db.Order("r.requested_at DESC, r.id DESC").Limit(f.Limit).Offset(f.Offset).Find(&out).Error
	return out, unavailable(err)
}

// OpenRequests returns the requests since then that nobody has evaluated, or whose
// emergency is still CREADA, the oldest first. When there are more than limit, which
// must be positive, the newest of them are returned.
func (q Queries) OpenRequests(ctx context.Context, since time.Time, limit int) ([]EmergencyRequest, error) {
	newest := q.q(ctx).Table("emergency_requests AS o").Select("o.id").
		Joins("LEFT JOIN emergencies e ON e.request_id = o.id").
		Where("o.requested_at >= ? AND o.closed_at IS NULL AND (e.id IS NULL OR e.status = ?)", ToInstant(since), EmergencyCreated).
		Order("o.requested_at DESC, o.id DESC").Limit(limit)
	out := []EmergencyRequest{}
	err := q.requests(ctx).Where("r.id IN (?)", newest).Order("r.requested_at, r.id").Find(&out).Error
	return out, unavailable(err)
}

// NewRequest is what an ambulance is asked for with.
type NewRequest struct {
	RequesterID         int64
	Latitude, Longitude float64
}

// CreateRequest stores a request of now with a new call room. Code Invalid for
// coordinates out of range, NotFound for an unknown requester.
func (tx *Tx) CreateRequest(in NewRequest) (EmergencyRequest, error) {
	if _, err := tx.RequesterByID(tx.ctx, in.RequesterID); err != nil {
		return EmergencyRequest{}, err
	}
	place, err := tx.addLocation(in.Latitude, in.Longitude)
	if err != nil {
		return EmergencyRequest{}, err
	}
	room, err := uuid.NewRandom()
	if err != nil {
		return EmergencyRequest{}, fmt.Errorf("name call room: %w", err)
	}
	row := requestRow{RequesterID: in.RequesterID, LocationID: place.ID, RequestedAt: place.At, Room: "emergencia-" + room.String()}
	if err := tx.db.Create(&row).Error; err != nil {
		return EmergencyRequest{}, unavailable(err)
	}
	return tx.RequestByID(tx.ctx, row.ID)
}

// AttendRoom notes that an operator has joined the call room of a request. It returns
// the request, and whether this was the first time. Code NotFound for a room of no request.
func (tx *Tx) AttendRoom(room string, by EmergencyActor) (EmergencyRequest, bool, error) {
	req, err := tx.RequestByRoom(tx.ctx, room)
	if err != nil {
		return req, false, err
	}
	now := ToInstant(tx.store.now())
	done := tx.db.Model(&requestRow{}).Where("id = ? AND attended_at IS NULL", req.ID).Update("attended_at", now)
	if done.Error != nil {
		return req, false, unavailable(done.Error)
	}
	if done.RowsAffected == 0 {
		req, err = tx.RequestByID(tx.ctx, req.ID)
		return req, false, err
	}
	req.AttendedAt = &now
	return req, true, tx.AuditEmergency(by, "ATTEND_ROOM", "EmergencyRequest", req.ID, fmt.Sprintf("Sala de la solicitud %d atendida", req.ID))
}

// lockRequest locks the row of a request until the end of the transaction.
func (tx *Tx) lockRequest(id int64) (requestRow, error) {
	var row requestRow
	err := tx.locked().Where("id = ?", id).Take(&row).Error
	return row, found(err, RequestNotFound)
}

// maxRoom is the width of the column, in characters.
const maxRoom = 64

// storableRoom reports whether a room's name could stand in the column at all.
func storableRoom(room string) bool { return len(room) <= maxRoom && room == PlainText(room) }
