package models

import (
	"fmt"
	"slices"
)

// emergencySteps are the states that may follow each state. VALORADA to ASIGNADA is a
// dispatch and nothing else; the last two are final.
var emergencySteps = map[string][]string{
	EmergencyCreated:   {EmergencyEvaluated, EmergencyCanceled},
	EmergencyEvaluated: {EmergencyAssigned, EmergencyCanceled},
	EmergencyAssigned:  {EmergencyResolved, EmergencyCanceled},
}

// EmergencyMayBecome tells whether an emergency may go from one state to another.
func EmergencyMayBecome(from, to string) bool { return slices.Contains(emergencySteps[from], to) }

// final reports whether nothing can change any more.
func final(status string) bool { return len(emergencySteps[status]) == 0 }

// EmergencyChange is what an operator changes; nil leaves a field as it is.
type EmergencyChange struct {
	By                                           EmergencyActor
	Status, AmbulanceKind, Priority, Description *string
	// RequestID and RequesterID cannot change: they must be those that the emergency has.
	RequestID, RequesterID *int64
}

// ChangeEmergency changes an emergency and returns it, and whether anything is other
// than it was: repeating a change changes nothing and is no error. RESUELTA and
// CANCELADA end the dispatch and free the ambulance. The kind of ambulance can change
// before the dispatch only, and the suggestion changes with it. Codes NotFound, Invalid,
// and Conflict for a step that the state does not allow.
func (tx *Tx) ChangeEmergency(id int64, change EmergencyChange) (Emergency, bool, error) {
	row, request, err := tx.lockEmergency(id)
	if err != nil {
		return Emergency{}, false, err
	}
	if change.RequestID != nil && *change.RequestID != request.ID {
		return Emergency{}, false, Errorf(Invalid, "La solicitud de una emergencia no se puede cambiar")
	}
	if change.RequesterID != nil && *change.RequesterID != request.RequesterID {
		return Emergency{}, false, Errorf(Invalid, "El solicitante de una emergencia no se puede cambiar")
	}
	before := row
	if err := row.apply(change); err != nil {
		return Emergency{}, false, err
	}
	if row == before {
		out, err := tx.EmergencyByID(tx.ctx, id)
		return out, false, err
	}
	if err := before.mayBecome(row); err != nil {
		return Emergency{}, false, err
	}
	if row.AmbulanceKind != before.AmbulanceKind {
		if row.SuggestedAmbulanceID, err = tx.suggest(request.LocationID, row.AmbulanceKind); err != nil {
			return Emergency{}, false, err
		}
	}
	if final(row.Status) {
		if err := tx.endDispatch(id); err != nil {
			return Emergency{}, false, err
		}
	}
	out, err := tx.saveEmergency(change.By, row, "UPDATE_EMERGENCY", fmt.Sprintf("Emergencia %d: %s a %s", id, before.Status, row.Status))
	return out, true, err
}

// apply sets what the change names, checked by every rule that needs no other row.
func (row *emergencyRow) apply(change EmergencyChange) error {
	if change.Status != nil {
		if !slices.Contains(EmergencyStates, *change.Status) {
			return Errorf(Invalid, "El estado debe ser CREADA, VALORADA, ASIGNADA, RESUELTA o CANCELADA")
		}
		row.Status = *change.Status
	}
	if change.AmbulanceKind != nil {
		if err := checkAmbulanceKind(*change.AmbulanceKind); err != nil {
			return err
		}
		row.AmbulanceKind = *change.AmbulanceKind
	}
	if change.Priority != nil {
		if err := checkPriority(*change.Priority); err != nil {
			return err
		}
		row.Priority = *change.Priority
	}
	if change.Description != nil {
		text, err := emergencyText("descripcion", *change.Description, MaxEmergencyText)
		if err != nil {
			return err
		}
		row.Description = text
	}
	return nil
}

// mayBecome holds the step from row to next against the states.
func (row emergencyRow) mayBecome(next emergencyRow) error {
	switch {
	case final(row.Status):
		return Errorf(Conflict, "La emergencia está %s y ya no se puede cambiar", row.Status)
	case next.Status != row.Status && !EmergencyMayBecome(row.Status, next.Status):
		return Errorf(Conflict, "Una emergencia %s no puede pasar a %s", row.Status, next.Status)
	case next.Status != row.Status && next.Status == EmergencyAssigned:
		return Errorf(Conflict, "Una emergencia pasa a %s al despachar una ambulancia", EmergencyAssigned)
	case next.AmbulanceKind != row.AmbulanceKind && row.Status == EmergencyAssigned:
		return Errorf(Conflict, "El tipo de ambulancia no se puede cambiar después del despacho")
	}
	return nil
}

// DeleteEmergency removes an emergency with its dispatch orders and returns it as it
// was. Its request stays, closed: nobody is told of it again. Code NotFound, and
// Conflict while an ambulance is on its way.
func (tx *Tx) DeleteEmergency(id int64, by EmergencyActor) (Emergency, error) {
	row, request, err := tx.lockEmergency(id)
	if err != nil {
		return Emergency{}, err
	}
	if row.Status == EmergencyAssigned {
		return Emergency{}, Errorf(Conflict, "La emergencia tiene una ambulancia asignada: resuélvala o cancélela antes de eliminarla")
	}
	before, err := tx.EmergencyByID(tx.ctx, id)
	if err != nil {
		return Emergency{}, err
	}
	if err := tx.db.Delete(&emergencyRow{}, id).Error; err != nil {
		return Emergency{}, unavailable(err)
	}
	if err := tx.db.Model(&requestRow{}).Where("id = ?", request.ID).Update("closed_at", ToInstant(tx.store.now())).Error; err != nil {
		return Emergency{}, unavailable(err)
	}
	return before, tx.AuditEmergency(by, "DELETE_EMERGENCY", "Emergency", id, fmt.Sprintf("Emergencia %d eliminada, solicitud %d cerrada", id, request.ID))
}

// lockEmergency locks an emergency until the end of the transaction and returns it
// with its request.
func (tx *Tx) lockEmergency(id int64) (emergencyRow, requestRow, error) {
	var row emergencyRow
	var request requestRow
	if err := tx.locked().Where("id = ?", id).Take(&row).Error; err != nil {
		return row, request, found(err, EmergencyNotFound)
	}
	err := tx.db.Where("id = ?", row.RequestID).Take(&request).Error
	return row, request, unavailable(err)
}

// saveEmergency writes what can change of a locked emergency and its audit line.
func (tx *Tx) saveEmergency(by EmergencyActor, row emergencyRow, action, details string) (Emergency, error) {
	err := tx.db.Model(&emergencyRow{}).Where("id = ?", row.ID).Updates(map[string]any{
		"status": row.Status, "ambulance_kind": row.AmbulanceKind, "priority": row.Priority, "description": row.Description,
		"suggested_ambulance_id": row.SuggestedAmbulanceID, "updated_at": ToInstant(tx.store.now()),
	}).Error
	if err != nil {
		return Emergency{}, unavailable(err)
	}
	if err := tx.AuditEmergency(by, action, "Emergency", row.ID, details); err != nil {
		return Emergency{}, err
	}
	return tx.EmergencyByID(tx.ctx, row.ID)
}
