package models

import "fmt"

// assignee picks the active online operator with the fewest operations in process,
// the lowest id among equals; nil when nobody is online (contract 4.7, 5.28). One
// assignment at a time, so that two never pick by the same count.
func (tx *Tx) assignee() (*int64, error) {
	if _, err := tx.nextCounter(assignmentCounter, 1); err != nil {
		return nil, err
	}
	online, err := onlineOperators(tx.db, tx.store)
	if err != nil || len(online) == 0 {
		return nil, err
	}
	candidates := make([]int64, 0, len(online))
	for _, u := range online {
		candidates = append(candidates, u.ID)
	}
	var ids []int64
	err = tx.db.Model(&User{}).Where("users.id IN ?", candidates).
		Joins("LEFT JOIN operations o ON o.assigned_operator_id = users.id AND o.status = ?", EnProceso).
		Group("users.id").Order("COUNT(o.id), users.id").Limit(1).Pluck("users.id", &ids).Error
	if err != nil || len(ids) == 0 {
		return nil, unavailable(err)
	}
	return &ids[0], nil
}

// ReassignOperator hands an operation in process to another active online operator
// and returns it with the operator who had it, nil when nobody had. Codes: NotFound
// (operation or user), Invalid.
func (tx *Tx) ReassignOperator(by Actor, id, operator int64) (Operation, *User, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, nil, err
	}
	if op.Status != EnProceso {
		return op, nil, wrongStatus(op, EnProceso)
	}
	var next User
	err = tx.locked().Where("id = ?", operator).Take(&next).Error
	if err := found(err, "Operador no encontrado"); err != nil {
		return op, nil, err
	}
	online, err := tx.online(next)
	if err != nil {
		return op, nil, err
	}
	switch {
	case next.Role != Operador:
		return op, nil, Errorf(Invalid, "El usuario seleccionado no es un operador")
	case next.Status != Active:
		return op, nil, Errorf(Invalid, "El operador seleccionado no está activo")
	case !online:
		return op, nil, Errorf(Invalid, "El operador seleccionado no está conectado")
	case op.AssignedTo(next.ID):
		return op, nil, Errorf(Invalid, "La operación ya está asignada a ese operador")
	}
	before, err := tx.operation(id)
	if err != nil {
		return op, nil, err
	}
	old := before.AssignedOperator
	if err := tx.changeOperation(op, EnProceso, map[string]any{"assigned_operator_id": next.ID}); err != nil {
		return op, nil, err
	}
	from := "nadie"
	if old != nil {
		from = old.Username
	}
	details := fmt.Sprintf("Operación %s reasignada de %s a %s", op.OperationID, from, next.Username)
	if err := tx.Audit(by, "REASSIGN_OPERATOR", "Operation", op.ID, details); err != nil {
		return op, nil, err
	}
	op, err = tx.operation(id)
	return op, old, err
}
