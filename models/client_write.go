package models

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// NewClient makes the row that a request asks for, checked by every rule of contract
// 4.6 that needs no look at other rows. Errors have code Invalid and a message for the
// user.
func NewClient(by Actor, in ClientInput) (Client, error) {
	if err := in.clean(); err != nil {
		return Client{}, err
	}
	c := Client{DocumentType: in.Text["document_type"], DNI: in.Text["dni"], Phone: in.text("phone")}
	if err := checkDocument(c.DocumentType, c.DNI); err != nil {
		return Client{}, err
	}
	if err := c.setEmail(in.Text["email"]); err != nil {
		return Client{}, err
	}
	for key, column := range c.nameColumns() {
		*column = in.text(key)
	}
	if err := c.checkNames(); err != nil {
		return Client{}, err
	}
	if c.DocumentType == RUC {
		c.PersonaContacto = in.text("persona_contacto")
	}
	for key, column := range c.addressColumns() {
		*column = in.text(key)
	}
	if err := c.setAccounts(in.Accounts); err != nil {
		return Client{}, err
	}
	c.Status = Active
	if by.Role != Master || in.Text["status"] == Inactive {
		c.Status = Inactive
	}
	c.CreatedBy = &by.UserID
	return c, nil
}

// CreateClient adds a row made by NewClient, with its audit line. Code Invalid when
// the document or the e-mail is taken, also by a request that runs at the same time.
func (tx *Tx) CreateClient(by Actor, c *Client) error {
	c.CreatedAt = tx.Now()
	if err := tx.checkTaken(*c); err != nil {
		return err
	}
	if err := tx.db.Omit("Creator").Create(c).Error; err != nil {
		return taken(err)
	}
	if err := tx.db.Limit(1).Find(&c.Creator, by.UserID).Error; err != nil {
		return unavailable(err)
	}
	return tx.Audit(by, "CREATE_CLIENT", "Client", c.ID, "Cliente creado: "+c.label())
}

// UpdateClient changes what the request names. document_type, dni and status stay
// whatever was sent. A phone that was not sent is cleared (for a RUC the contact person
// too), because that is how pages clear it; not so for a Trader or when nothing but
// bank data was sent (contract 5.25). Codes NotFound and Invalid.
func (tx *Tx) UpdateClient(by Actor, id int64, in ClientInput) (Client, error) {
	if by.Role == Trader && !in.bankOnly() {
		return Client{}, Errorf(Invalid, "Un Trader solo puede modificar las cuentas bancarias")
	}
	if err := in.clean(); err != nil {
		return Client{}, err
	}
	c, err := tx.lockClient(id)
	if err != nil {
		return Client{}, err
	}
	columns, err := c.apply(in)
	if err != nil {
		return Client{}, err
	}
	if slices.Contains(columns, "email") {
		if err := tx.checkTaken(c); err != nil {
			return Client{}, err
		}
	}
	return c, tx.saveClient(by, &c, "Cliente actualizado: "+c.label(), columns...)
}

// apply changes the client as the cleaned request says and returns the columns.
func (c *Client) apply(in ClientInput) ([]string, error) {
	var columns []string
	set := func(fields map[string]**string) {
		for key, column := range fields {
			if in.sent(key) {
				*column = in.text(key)
				columns = append(columns, key)
			}
		}
	}
	if in.sent("email") {
		if err := c.setEmail(in.Text["email"]); err != nil {
			return nil, err
		}
		columns = append(columns, "email")
	}
	names := c.nameColumns()
	set(names)
	for key, column := range names {
		if in.sent(key) && *column == nil {
			return nil, Errorf(Invalid, "El campo %s es obligatorio", key)
		}
	}
	set(c.addressColumns())
	if !in.bankOnly() {
		c.Phone = in.text("phone")
		columns = append(columns, "phone")
		if c.DocumentType == RUC {
			c.PersonaContacto = in.text("persona_contacto")
			columns = append(columns, "persona_contacto")
		}
	}
	accounts := in.Accounts
	if accounts == nil && slices.ContainsFunc([]string{"origen", "bank_name", "account_type", "currency", "bank_account_number"}, in.sent) {
		accounts = c.withFirst(in)
	}
	if accounts != nil {
		if err := c.setAccounts(accounts); err != nil {
			return nil, err
		}
		columns = append(columns, "bank_accounts_json", "bank_name", "account_type", "currency", "bank_account_number", "origen")
	}
	return columns, nil
}

// ChangeClientStatus sets the status and returns the client and its old status. Codes
// NotFound and Invalid.
func (tx *Tx) ChangeClientStatus(by Actor, id int64, status string) (Client, string, error) {
	if status != Active && status != Inactive {
		return Client{}, "", Errorf(Invalid, "El estado debe ser %s o %s", Active, Inactive)
	}
	c, err := tx.lockClient(id)
	if err != nil {
		return Client{}, "", err
	}
	old := c.Status
	c.Status = status
	return c, old, tx.saveClient(by, &c, fmt.Sprintf("Estado de %s: %s a %s", c.label(), old, status), "status")
}

// DeleteClient removes the row and returns it as it was. Codes NotFound, and Invalid
// when it has operations, also one that is being created at the same time: the row lock
// makes either wait for the other, and the foreign key has the last word.
func (tx *Tx) DeleteClient(by Actor, id int64) (Client, error) {
	c, err := tx.lockClient(id)
	if err != nil {
		return Client{}, err
	}
	inUse := Errorf(Invalid, "No se puede eliminar el cliente porque tiene operaciones registradas")
	var n int64
	if err := tx.db.Model(&Operation{}).Where("client_id = ?", id).Limit(1).Count(&n).Error; err != nil {
		return Client{}, unavailable(err)
	}
	if n > 0 {
		return Client{}, inUse
	}
	err = tx.db.Delete(&Client{}, id).Error
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return Client{}, inUse
	}
	if err != nil {
		return Client{}, unavailable(err)
	}
	return c, tx.Audit(by, "DELETE_CLIENT", "Client", id, "Cliente eliminado: "+c.label())
}

// lockClient reads the client for an update in this transaction.
func (tx *Tx) lockClient(id int64) (Client, error) {
	var c Client
	err := tx.locked().Preload("Creator").First(&c, id).Error
	return c, found(err, ClientNotFound)
}

// saveClient writes the columns and updated_at, and nothing else, so that what this
// program does not understand in a row of the system replaced survives.
func (tx *Tx) saveClient(by Actor, c *Client, details string, columns ...string) error {
	now := tx.Now()
	c.UpdatedAt = &now
	if err := tx.db.Model(c).Omit("Creator").Select(append(columns, "updated_at")).Updates(c).Error; err != nil {
		return taken(err)
	}
	return tx.Audit(by, "UPDATE_CLIENT", "Client", c.ID, details)
}

// checkTaken looks for another client with the same document or e-mail; rows of the
// system replaced may hold an e-mail in mixed case (contract 5.26).
func (tx *Tx) checkTaken(c Client) error {
	var other Client
	err := tx.db.Select("id", "dni").Where("(dni = ? OR lower(email) = ?) AND id <> ?", c.DNI, c.Email, c.ID).Limit(1).Find(&other).Error
	switch {
	case err != nil:
		return unavailable(err)
	case other.ID == 0:
		return nil
	case other.DNI == c.DNI:
		return Errorf(Invalid, "Ya existe un cliente con ese número de documento")
	}
	return Errorf(Invalid, "Ya existe un cliente con ese email")
}

// taken turns the clash with a request that ran at the same time into a message; the
// database's text does not tell which of the two it was.
func taken(err error) error {
	if isDuplicate(err) {
		return &Error{Code: Invalid, Message: "Ya existe un cliente con ese documento o email", Err: err}
	}
	return unavailable(err)
}

// label names the client in the audit trail.
func (c Client) label() string {
	if name := c.DisplayName(); name != nil {
		return *name + " (" + c.DNI + ")"
	}
	return c.DNI
}
