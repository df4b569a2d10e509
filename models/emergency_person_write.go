package models

import (
	"context"

	"gorm.io/gorm/clause"
)

const (
	// RequesterNotFound is the message for an unknown requester.
	RequesterNotFound = "Solicitante no encontrado"
	// CrewNotFound is the message for an unknown ambulance operator.
	CrewNotFound = "Operador de ambulancia no encontrado"
)

// personColumns are the columns of p as the fields of Person with a prefix.
const personColumns = "p.id AS @id, p.first_name AS @first_name, p.last_name AS @last_name, p.birth_date AS @birth_date, " +
	"p.document_type AS @document_type, p.document_number AS @document_number, p.second_name AS @second_name, p.second_last_name AS @second_last_name"

// RequesterInput is what a request says of a requester. Nil Conditions leave what is
// stored as it is.
type RequesterInput struct {
	PersonInput
	Conditions []string
}

// AmbulanceOperatorInput is what a request says of a member of a crew.
type AmbulanceOperatorInput struct {
	PersonInput
	Licence string
}

// UpsertRequester adds the requester, or changes the one with this document; of two at
// once both succeed and the later one's data stay. Code Invalid.
func (tx *Tx) UpsertRequester(in RequesterInput) (Requester, error) {
	return tx.writeRequester(in, personChanges, in.Conditions != nil)
}

// AddRequester adds the requester, or returns the one with this document as it is known,
// for who may not say anything of others. Code Invalid.
func (tx *Tx) AddRequester(in RequesterInput) (Requester, error) {
	return tx.writeRequester(in, nil, false)
}

// writeRequester changes the columns, and the conditions when told so, of who is known.
func (tx *Tx) writeRequester(in RequesterInput, columns []string, changes bool) (Requester, error) {
	conditions, err := cleanConditions(in.Conditions)
	if err != nil {
		return Requester{}, err
	}
	id, err := tx.writePerson(in.PersonInput, columns)
	if err != nil {
		return Requester{}, err
	}
	on := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: !changes}
	if changes {
		on.DoUpdates = clause.AssignmentColumns([]string{"conditions"})
	}
	err = tx.db.Table("emergency_requesters").Clauses(on).Create(map[string]any{"id": id, "conditions": conditions}).Error
	if err != nil {
		return Requester{}, unavailable(err)
	}
	return tx.RequesterByID(tx.ctx, id)
}

// UpsertAmbulanceOperator adds the member of a crew, or changes the one with this
// document, as UpsertRequester does. Code Invalid.
func (tx *Tx) UpsertAmbulanceOperator(in AmbulanceOperatorInput) (AmbulanceOperator, error) {
	licence, err := emergencyText("licencia", in.Licence, MaxLicence)
	if err != nil {
		return AmbulanceOperator{}, err
	}
	id, err := tx.writePerson(in.PersonInput, personChanges)
	if err != nil {
		return AmbulanceOperator{}, err
	}
	on := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"licence"})}
	err = tx.db.Table("ambulance_operators").Clauses(on).Create(map[string]any{"id": id, "licence": licence}).Error
	if err != nil {
		return AmbulanceOperator{}, unavailable(err)
	}
	return tx.AmbulanceOperator(tx.ctx, id)
}

// personChanges are the columns of a person that can change.
var personChanges = []string{"first_name", "last_name", "birth_date", "second_name", "second_last_name", "updated_at"}

// writePerson adds the person, or changes the columns of the one with this document, and
// returns its id. The id is read back, because SQLite tells that of the last insert even
// when the row was changed.
func (tx *Tx) writePerson(in PersonInput, columns []string) (int64, error) {
	row, err := in.clean(tx.store.now())
	if err != nil {
		return 0, err
	}
	row.CreatedAt = ToInstant(tx.store.now())
	row.UpdatedAt = row.CreatedAt
	err = tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "document_type"}, {Name: "document_number"}},
		DoNothing: len(columns) == 0, DoUpdates: clause.AssignmentColumns(columns),
	}).Create(&row).Error
	if err != nil {
		return 0, unavailable(err)
	}
	var id int64
	err = tx.db.Model(&personRow{}).Where("document_type = ? AND document_number = ?", row.DocumentType, row.DocumentNumber).Pluck("id", &id).Error
	return id, unavailable(err)
}

// RequesterByID returns a requester, code NotFound without one.
func (q Queries) RequesterByID(ctx context.Context, id int64) (Requester, error) {
	var out Requester
	err := q.q(ctx).Table("emergency_requesters AS q").Joins("JOIN emergency_people p ON p.id = q.id").
		Select(prefixed("", personColumns+", q.conditions AS @conditions")).Where("q.id = ?", id).Take(&out).Error
	return out, found(err, RequesterNotFound)
}

// AmbulanceOperator returns a member of a crew, code NotFound without one.
func (q Queries) AmbulanceOperator(ctx context.Context, id int64) (AmbulanceOperator, error) {
	var out AmbulanceOperator
	err := q.q(ctx).Table("ambulance_operators AS o").Joins("JOIN emergency_people p ON p.id = o.id").
		Select(prefixed("", personColumns+", o.licence AS @licence")).Where("o.id = ?", id).Take(&out).Error
	return out, found(err, CrewNotFound)
}
