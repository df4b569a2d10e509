package models

import (
	"context"
	"fmt"
)

// DispatchOrder sends an ambulance to an emergency (emergencies contract 3,
// OrdenDespacho). It is active until the emergency is resolved or cancelled.
type DispatchOrder struct {
	ID        int64
	At        Instant
	Emergency Emergency
	Ambulance Ambulance
	Crew      AmbulanceOperator
	// Operator is who ordered it.
	Operator EmergencyOperator
}

// DispatchInput is what an operator orders.
type DispatchInput struct {
	By          EmergencyActor
	EmergencyID int64
	AmbulanceID int64
	// CrewID is the operator of the ambulance.
	CrewID int64
}

// dispatchRow is a row of dispatch_orders. While EndedAt is nil the ambulance and the
// emergency are in no other such row.
type dispatchRow struct {
	ID                int64 `gorm:"primaryKey"`
	EmergencyID       int64
	AmbulanceID       int64
	CrewID            int64
	OperatorUserID    *int64
	OperatorAccountID *int64
	CreatedAt         Instant `gorm:"autoCreateTime:false"`
	EndedAt           *Instant
}

// TableName implements schema.Tabler.
func (dispatchRow) TableName() string { return "dispatch_orders" }

// Dispatch sends an available ambulance to an evaluated emergency, which becomes
// ASIGNADA, and takes the ambulance. A MEDICALIZADA serves where a BASICA is needed.
// Code Invalid for unknown rows, an ambulance of less than the kind, and a crew that is
// not its own; Conflict for an emergency in another state and an ambulance that is
// taken: of two orders at once one is Conflict.
func (tx *Tx) Dispatch(in DispatchInput) (DispatchOrder, error) {
	row, _, err := tx.lockEmergency(in.EmergencyID)
	if err != nil {
		return DispatchOrder{}, named(err)
	}
	ambulance, err := tx.lockAmbulance(in.AmbulanceID)
	if err != nil {
		return DispatchOrder{}, named(err)
	}
	if _, err := tx.AmbulanceOperator(tx.ctx, in.CrewID); err != nil {
		return DispatchOrder{}, named(err)
	}
	switch {
	case row.Status != EmergencyEvaluated:
		return DispatchOrder{}, Errorf(Conflict, "Solo se despacha una emergencia %s; esta está %s", EmergencyEvaluated, row.Status)
	case !serves(ambulance.Kind, row.AmbulanceKind):
		return DispatchOrder{}, Errorf(Invalid, "La emergencia necesita una ambulancia %s", row.AmbulanceKind)
	case ambulance.OperatorID == nil || *ambulance.OperatorID != in.CrewID:
		return DispatchOrder{}, Errorf(Invalid, "El operador no pertenece a la ambulancia")
	case !ambulance.Available:
		return DispatchOrder{}, Errorf(Conflict, "La ambulancia no está disponible")
	}
	order := dispatchRow{EmergencyID: row.ID, AmbulanceID: ambulance.ID, CrewID: in.CrewID, CreatedAt: ToInstant(tx.store.now())}
	order.OperatorUserID, order.OperatorAccountID = in.By.columns()
	if err := tx.db.Create(&order).Error; err != nil {
		if isDuplicate(err) {
			return DispatchOrder{}, &Error{Code: Conflict, Message: "La ambulancia o la emergencia ya tiene un despacho activo", Err: err}
		}
		return DispatchOrder{}, unavailable(err)
	}
	if err := tx.setAvailable(ambulance.ID, false); err != nil {
		return DispatchOrder{}, err
	}
	row.Status = EmergencyAssigned
	details := fmt.Sprintf("Emergencia %d: ambulancia %s despachada, orden %d", row.ID, ambulance.Plate, order.ID)
	if _, err := tx.saveEmergency(in.By, row, "DISPATCH_AMBULANCE", details); err != nil {
		return DispatchOrder{}, err
	}
	return tx.dispatchOrder(tx.ctx, order)
}

// dispatchOrder reads what the row names.
func (q Queries) dispatchOrder(ctx context.Context, row dispatchRow) (DispatchOrder, error) {
	out := DispatchOrder{ID: row.ID, At: row.CreatedAt}
	var err error
	if out.Emergency, err = q.EmergencyByID(ctx, row.EmergencyID); err != nil {
		return out, err
	}
	if out.Ambulance, err = q.AmbulanceByID(ctx, row.AmbulanceID); err != nil {
		return out, err
	}
	if out.Crew, err = q.AmbulanceOperator(ctx, row.CrewID); err != nil {
		return out, err
	}
	err = q.q(ctx).Table("dispatch_orders AS d").Select(prefixed("", operatorColumns("u", "a"))).
		Joins("LEFT JOIN users u ON u.id = d.operator_user_id LEFT JOIN emergency_accounts a ON a.id = d.operator_account_id").
		Where("d.id = ?", row.ID).Take(&out.Operator).Error
	return out, unavailable(err)
}

// endDispatch ends the active order of a locked emergency, if there is one, and frees
// the ambulance.
func (tx *Tx) endDispatch(emergency int64) error {
	var order dispatchRow
	if err := tx.db.Where("emergency_id = ? AND ended_at IS NULL", emergency).Limit(1).Find(&order).Error; err != nil {
		return unavailable(err)
	}
	if order.ID == 0 {
		return nil
	}
	if _, err := tx.lockAmbulance(order.AmbulanceID); err != nil {
		return err
	}
	if err := tx.db.Model(&dispatchRow{}).Where("id = ?", order.ID).Update("ended_at", ToInstant(tx.store.now())).Error; err != nil {
		return unavailable(err)
	}
	return tx.setAvailable(order.AmbulanceID, true)
}
