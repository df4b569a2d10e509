package models

import (
	"math"
	"strings"
)

// Location is a place on the globe, in degrees (WGS 84), and when it was measured.
type Location struct {
	ID        int64
	Latitude  float64
	Longitude float64
	At        Instant
}

// CheckCoordinates refuses what is no place: latitudes beyond 90 degrees, longitudes
// beyond 180 (emergencies contract 2.2). Code Invalid.
func CheckCoordinates(latitude, longitude float64) error {
	// Written so that NaN fails too.
	if !(latitude >= -90 && latitude <= 90) {
		return Errorf(Invalid, "La latitud debe estar entre -90 y 90")
	}
	if !(longitude >= -180 && longitude <= 180) {
		return Errorf(Invalid, "La longitud debe estar entre -180 y 180")
	}
	return nil
}

// earthRadius is the mean radius, in metres.
const earthRadius = 6_371_008.8

// Distance is the length of the great circle between two places, in metres.
func (l Location) Distance(to Location) float64 {
	rad := func(degrees float64) float64 { return degrees * math.Pi / 180 }
	dLat, dLon := rad(to.Latitude-l.Latitude), rad(to.Longitude-l.Longitude)
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(rad(l.Latitude))*math.Cos(rad(to.Latitude))*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// locationColumns are the columns of l as the fields of Location with a prefix.
const locationColumns = "l.id AS @id, l.latitude AS @latitude, l.longitude AS @longitude, l.at AS @at"

// prefixed puts the prefix where a list of columns has @.
func prefixed(prefix, columns string) string { return strings.ReplaceAll(columns, "@", prefix) }

// locationRow is a row of emergency_locations.
type locationRow struct {
	ID        int64 `gorm:"primaryKey"`
	Latitude  float64
	Longitude float64
	At        Instant
}

// TableName implements schema.Tabler.
func (locationRow) TableName() string { return "emergency_locations" }

// addLocation stores a place that was measured now.
func (tx *Tx) addLocation(latitude, longitude float64) (locationRow, error) {
	row := locationRow{Latitude: latitude, Longitude: longitude, At: ToInstant(tx.store.now())}
	if err := CheckCoordinates(latitude, longitude); err != nil {
		return row, err
	}
	return row, unavailable(tx.db.Create(&row).Error)
}
