package models

import (
	"fmt"
	"slices"
)

// Evaluation is what an operator decides on a request.
type Evaluation struct {
	By        EmergencyActor
	RequestID int64
	// RequesterID, when not 0, must be that of the request.
	RequesterID   int64
	AmbulanceKind string
	Priority      string
	Description   string
}

// EvaluateRequest makes an emergency of a request, in state VALORADA with the nearest
// available ambulance of the kind as suggestion. An emergency in state CREADA of the
// request is taken further instead. Code Invalid for a broken rule and for an unknown
// request, Conflict when the request was evaluated already, also by an operator at the
// same time.
func (tx *Tx) EvaluateRequest(in Evaluation) (Emergency, error) {
	if err := checkAmbulanceKind(in.AmbulanceKind); err != nil {
		return Emergency{}, err
	}
	if err := checkPriority(in.Priority); err != nil {
		return Emergency{}, err
	}
	description, err := emergencyText("descripcion", in.Description, MaxEmergencyText)
	if err != nil {
		return Emergency{}, err
	}
	request, err := tx.lockRequest(in.RequestID)
	if err != nil {
		return Emergency{}, named(err)
	}
	if in.RequesterID != 0 && in.RequesterID != request.RequesterID {
		return Emergency{}, Errorf(Invalid, "El solicitante no corresponde a la solicitud")
	}
	if request.ClosedAt != nil {
		return Emergency{}, Errorf(Conflict, "La solicitud ya está cerrada")
	}
	var row emergencyRow
	if err := tx.db.Where("request_id = ?", request.ID).Limit(1).Find(&row).Error; err != nil {
		return Emergency{}, unavailable(err)
	}
	if row.ID != 0 && row.Status != EmergencyCreated {
		return Emergency{}, Errorf(Conflict, "La solicitud ya fue valorada")
	}
	now := ToInstant(tx.store.now())
	if row.ID == 0 {
		row.CreatedAt = now
	}
	row.RequestID, row.Status, row.UpdatedAt = request.ID, EmergencyEvaluated, now
	row.AmbulanceKind, row.Priority, row.Description = in.AmbulanceKind, in.Priority, description
	row.OperatorUserID, row.OperatorAccountID = in.By.columns()
	if row.SuggestedAmbulanceID, err = tx.suggest(request.LocationID, in.AmbulanceKind); err != nil {
		return Emergency{}, err
	}
	if err := tx.db.Save(&row).Error; err != nil {
		if isDuplicate(err) {
			return Emergency{}, &Error{Code: Conflict, Message: "La solicitud ya fue valorada", Err: err}
		}
		return Emergency{}, unavailable(err)
	}
	details := fmt.Sprintf("Solicitud %d valorada: emergencia %d, %s, prioridad %s", request.ID, row.ID, row.AmbulanceKind, row.Priority)
	if err := tx.AuditEmergency(in.By, "EVALUATE_EMERGENCY", "Emergency", row.ID, details); err != nil {
		return Emergency{}, err
	}
	return tx.EmergencyByID(tx.ctx, row.ID)
}

func checkPriority(priority string) error {
	if !slices.Contains(Priorities, priority) {
		return Errorf(Invalid, "El nivel de prioridad debe ser BAJA, MEDIA o ALTA")
	}
	return nil
}

// suggest is the nearest available ambulance of the kind, nil for none.
func (tx *Tx) suggest(location int64, kind string) (*int64, error) {
	var place locationRow
	if err := tx.db.Where("id = ?", location).Take(&place).Error; err != nil {
		return nil, unavailable(err)
	}
	nearest, err := tx.NearestAmbulance(tx.ctx, kind, place.Latitude, place.Longitude)
	if err != nil || nearest == nil {
		return nil, err
	}
	return &nearest.ID, nil
}

// columns are operator_user_id and operator_account_id.
func (a EmergencyActor) columns() (user, account *int64) {
	if a.UserID != 0 {
		return &a.UserID, nil
	}
	return nil, &a.AccountID
}

// AuditEmergency adds a line to the trail for a desk user. The trail has no place for
// others: an account stands in the row that it changed.
func (tx *Tx) AuditEmergency(by EmergencyActor, action, entity string, id int64, details string) error {
	if by.UserID == 0 {
		return nil
	}
	return tx.Audit(by.Actor, action, entity, id, details)
}

// named turns NotFound into Invalid for a row that a request names in its body, not in
// its path (emergencies contract 2.3).
func named(err error) error {
	if CodeOf(err) == NotFound {
		return &Error{Code: Invalid, Message: MessageOf(err), Err: err}
	}
	return err
}
