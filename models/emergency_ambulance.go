package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
)

// AmbulanceNotFound is the message for an unknown ambulance.
const AmbulanceNotFound = "Ambulancia no encontrada"

// The kinds of ambulances; the second serves for the first (emergencies contract 3).
const (
	AmbulanceBasic   = "BASICA"
	AmbulanceMedical = "MEDICALIZADA"
)

// AmbulanceKinds lists the kinds.
var AmbulanceKinds = []string{AmbulanceBasic, AmbulanceMedical}

const (
	// MaxPlate bounds a plate, in characters.
	MaxPlate = 20
	// maxNearest bounds how many available ambulances are compared for the nearest.
	maxNearest = 5000
	// maxEnRoute bounds how many positions are read at once.
	maxEnRoute = 1000
)

// Ambulance is a vehicle (emergencies contract 2.3).
type Ambulance struct {
	ID        int64
	Available bool
	Plate     string
	Kind      string
	// Location is its last known position; nil before the first.
	Location *Location
	// OperatorID is its crew; nil without one.
	OperatorID *int64
}

// ambulanceRow is a row of ambulances.
type ambulanceRow struct {
	ID         int64 `gorm:"primaryKey"`
	Available  bool
	Plate      string
	Kind       string
	LocationID *int64
	OperatorID *int64
	CreatedAt  Instant `gorm:"autoCreateTime:false"`
	UpdatedAt  Instant `gorm:"autoUpdateTime:false"`
}

// TableName implements schema.Tabler.
func (ambulanceRow) TableName() string { return "ambulances" }

// placedRow is an ambulance with the columns of its position, null without one.
type placedRow struct {
	ID                  int64
	Available           bool
	Plate               string
	Kind                string
	OperatorID          *int64
	LocationID          *int64
	Latitude, Longitude *float64
	At                  *Instant
}

func (row placedRow) ambulance() Ambulance {
	out := Ambulance{ID: row.ID, Available: row.Available, Plate: row.Plate, Kind: row.Kind, OperatorID: row.OperatorID}
	if row.LocationID != nil {
		out.Location = &Location{ID: *row.LocationID, Latitude: *row.Latitude, Longitude: *row.Longitude, At: *row.At}
	}
	return out
}

func (q Queries) ambulances(ctx context.Context) *gorm.DB {
	return q.q(ctx).Table("ambulances AS v").Joins("LEFT JOIN emergency_locations l ON l.id = v.location_id").
		Select("v.id, v.available, v.plate, v.kind, v.operator_id, l.id AS location_id, l.latitude, l.longitude, l.at")
}

// AmbulanceByID returns an ambulance, code NotFound without one.
func (q Queries) AmbulanceByID(ctx context.Context, id int64) (Ambulance, error) {
	var row placedRow
	if err := q.ambulances(ctx).Where("v.id = ?", id).Take(&row).Error; err != nil {
		return Ambulance{}, found(err, AmbulanceNotFound)
	}
	return row.ambulance(), nil
}

// Ambulances returns ambulances by id; limit must be positive.
func (q Queries) Ambulances(ctx context.Context, limit, offset int) ([]Ambulance, error) {
	var rows []placedRow
	err := q.ambulances(ctx).Order("v.id").Limit(limit).Offset(offset).Find(&rows).Error
	out := make([]Ambulance, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.ambulance())
	}
	return out, unavailable(err)
}

// NearestAmbulance is the available ambulance of exactly the kind, with a crew so that it
// can be dispatched, that is nearest to a place by the great circle, the lowest id among equals; nil when none has a position.
func (q Queries) NearestAmbulance(ctx context.Context, kind string, latitude, longitude float64) (*Ambulance, error) {
	var rows []placedRow
	err := q.ambulances(ctx).Where("v.available = ? AND v.kind = ? AND v.location_id IS NOT NULL AND v.operator_id IS NOT NULL", true, kind).
		Order("v.id").Limit(maxNearest).Find(&rows).Error
	if err != nil {
		return nil, unavailable(err)
	}
	here, shortest := Location{Latitude: latitude, Longitude: longitude}, 0.0
	var nearest *Ambulance
	for _, row := range rows {
		candidate := row.ambulance()
		if d := here.Distance(*candidate.Location); nearest == nil || d < shortest {
			nearest, shortest = &candidate, d
		}
	}
	return nearest, nil
}

// AmbulancePosition is where the ambulance of an emergency is, in degrees.
type AmbulancePosition struct {
	// EmergencyID is the oldest of the emergencies that the ambulance is suggested for.
	EmergencyID int64
	AmbulanceID int64
	Latitude    float64
	Longitude   float64
}

// EnRoute returns, by id, the ambulances that are suggested for an emergency in state
// VALORADA and whose position was measured since then, each once.
func (q Queries) EnRoute(ctx context.Context, since time.Time) ([]AmbulancePosition, error) {
	out := []AmbulancePosition{}
	err := q.q(ctx).Table("emergencies AS e").
		Joins("JOIN ambulances v ON v.id = e.suggested_ambulance_id JOIN emergency_locations l ON l.id = v.location_id").
		Select("MIN(e.id) AS emergency_id, v.id AS ambulance_id, l.latitude, l.longitude").
		Where("e.status = ? AND l.at >= ?", EmergencyEvaluated, ToInstant(since)).
		Group("v.id, l.latitude, l.longitude").Order("v.id").Limit(maxEnRoute).Find(&out).Error
	return out, unavailable(err)
}

func checkAmbulanceKind(kind string) error {
	if !slices.Contains(AmbulanceKinds, kind) {
		return Errorf(Invalid, "El tipo de ambulancia debe ser BASICA o MEDICALIZADA")
	}
	return nil
}

// serves reports whether an ambulance of a kind will do where another is needed.
func serves(kind, needed string) bool { return kind == needed || kind == AmbulanceMedical }
