package models

// AmbulanceInput is what an administrator says of an ambulance; nil leaves a field as
// it is, or at its default in a new one: available, without a crew.
type AmbulanceInput struct {
	Plate, Kind *string
	Available   *bool
	// OperatorID is the crew; 0 takes it away.
	OperatorID *int64
}

// CreateAmbulance adds an ambulance; Plate and Kind are required. Code Invalid, and
// Conflict when the plate is taken.
func (tx *Tx) CreateAmbulance(in AmbulanceInput) (Ambulance, error) {
	if in.Plate == nil || in.Kind == nil {
		return Ambulance{}, Errorf(Invalid, "Los campos placa y tipoAmbulancia son obligatorios")
	}
	now := ToInstant(tx.store.now())
	row := ambulanceRow{Available: true, CreatedAt: now, UpdatedAt: now}
	if err := tx.applyAmbulance(&row, in); err != nil {
		return Ambulance{}, err
	}
	if err := tx.db.Create(&row).Error; err != nil {
		return Ambulance{}, plateTaken(err)
	}
	return tx.AmbulanceByID(tx.ctx, row.ID)
}

// UpdateAmbulance changes an ambulance. Codes NotFound, Invalid, and Conflict when the
// plate is taken, or for anything but the plate while the ambulance is dispatched.
func (tx *Tx) UpdateAmbulance(id int64, in AmbulanceInput) (Ambulance, error) {
	row, err := tx.lockAmbulance(id)
	if err != nil {
		return Ambulance{}, err
	}
	before := row
	if err := tx.applyAmbulance(&row, in); err != nil {
		return Ambulance{}, err
	}
	if row.Available != before.Available || row.Kind != before.Kind || !sameID(row.OperatorID, before.OperatorID) {
		var active int64
		if err := tx.db.Model(&dispatchRow{}).Where("ambulance_id = ? AND ended_at IS NULL", id).Count(&active).Error; err != nil {
			return Ambulance{}, unavailable(err)
		}
		if active > 0 {
			return Ambulance{}, Errorf(Conflict, "La ambulancia está despachada")
		}
	}
	err = tx.db.Model(&ambulanceRow{}).Where("id = ?", id).Updates(map[string]any{
		"plate": row.Plate, "kind": row.Kind, "available": row.Available, "operator_id": row.OperatorID,
		"updated_at": ToInstant(tx.store.now()),
	}).Error
	if err != nil {
		return Ambulance{}, plateTaken(err)
	}
	return tx.AmbulanceByID(tx.ctx, id)
}

// applyAmbulance sets what the request names.
func (tx *Tx) applyAmbulance(row *ambulanceRow, in AmbulanceInput) error {
	if in.Plate != nil {
		plate, err := emergencyText("placa", *in.Plate, MaxPlate)
		if err != nil {
			return err
		}
		row.Plate = plate
	}
	if in.Kind != nil {
		if err := checkAmbulanceKind(*in.Kind); err != nil {
			return err
		}
		row.Kind = *in.Kind
	}
	if in.Available != nil {
		row.Available = *in.Available
	}
	if in.OperatorID == nil {
		return nil
	}
	if *in.OperatorID == 0 {
		row.OperatorID = nil
		return nil
	}
	if _, err := tx.AmbulanceOperator(tx.ctx, *in.OperatorID); err != nil {
		return named(err)
	}
	row.OperatorID = in.OperatorID
	return nil
}

// MoveAmbulance notes where an ambulance is now, in degrees. Only the last position is
// kept. Codes NotFound and Invalid.
func (tx *Tx) MoveAmbulance(id int64, latitude, longitude float64) (Ambulance, error) {
	if err := CheckCoordinates(latitude, longitude); err != nil {
		return Ambulance{}, err
	}
	row, err := tx.lockAmbulance(id)
	if err != nil {
		return Ambulance{}, err
	}
	if row.LocationID == nil {
		place, err := tx.addLocation(latitude, longitude)
		if err != nil {
			return Ambulance{}, err
		}
		err = tx.db.Model(&ambulanceRow{}).Where("id = ?", id).Update("location_id", place.ID).Error
		if err != nil {
			return Ambulance{}, unavailable(err)
		}
		return tx.AmbulanceByID(tx.ctx, id)
	}
	err = tx.db.Model(&locationRow{}).Where("id = ?", *row.LocationID).Updates(map[string]any{
		"latitude": latitude, "longitude": longitude, "at": ToInstant(tx.store.now()),
	}).Error
	if err != nil {
		return Ambulance{}, unavailable(err)
	}
	return tx.AmbulanceByID(tx.ctx, id)
}

// lockAmbulance locks the row of an ambulance until the end of the transaction. Who
// locks an emergency too locks that first.
func (tx *Tx) lockAmbulance(id int64) (ambulanceRow, error) {
	var row ambulanceRow
	err := tx.locked().Where("id = ?", id).Take(&row).Error
	return row, found(err, AmbulanceNotFound)
}

func (tx *Tx) setAvailable(id int64, available bool) error {
	return unavailable(tx.db.Model(&ambulanceRow{}).Where("id = ?", id).
		Updates(map[string]any{"available": available, "updated_at": ToInstant(tx.store.now())}).Error)
}

func sameID(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// plateTaken words the clash of two plates.
func plateTaken(err error) error {
	if isDuplicate(err) {
		return &Error{Code: Conflict, Message: "Ya existe una ambulancia con esa placa", Err: err}
	}
	return unavailable(err)
}
