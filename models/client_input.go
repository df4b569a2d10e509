package models

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// ClientInput is what a request says of a client, by wire name; what was not sent is
// not in it.
type ClientInput struct {
	// Text holds the text fields, see IsClientText.
	Text map[string]string
	// Accounts is the list of bank accounts; nil when it was not sent.
	Accounts []BankAccount
	// Other lists keys that name nothing known. They are ignored, except that a Trader
	// may not send them to an update.
	Other []string
}

// clientText is every text field with the width of its column in characters.
var clientText = map[string]int{
	"document_type": 10, "dni": 20, "status": 20,
	"apellido_paterno": 100, "apellido_materno": 100, "nombres": 100,
	"razon_social": 200, "persona_contacto": 200,
	"email": 120, "phone": 100,
	"direccion": 300, "distrito": 100, "provincia": 100, "departamento": 100,
	"origen": 20, "bank_name": 100, "account_type": 20, "currency": 10, "bank_account_number": 100,
}

// firstAccountText are the fields of one account from before there was a list. They
// are all that a Trader may send to an update beside the list (contract 3.4).
var firstAccountText = map[string]bool{
	"origen": true, "bank_name": true, "account_type": true, "currency": true, "bank_account_number": true,
}

// IsClientText reports whether key names a text field of a client.
func IsClientText(key string) bool { return clientText[key] > 0 }

// ClientTextKeys lists the text fields, sorted.
func ClientTextKeys() []string { return slices.Sorted(maps.Keys(clientText)) }

// clean strips markup and white space and holds every text to its column's width.
func (in *ClientInput) clean() error {
	for key, value := range in.Text {
		value = PlainText(value)
		if utf8.RuneCountInString(value) > clientText[key] {
			return Errorf(Invalid, "El campo %s no puede superar %d caracteres", key, clientText[key])
		}
		in.Text[key] = value
	}
	return nil
}

// text is the value of a field, nil when it was not sent or is empty.
func (in ClientInput) text(key string) *string {
	if v := in.Text[key]; v != "" {
		return &v
	}
	return nil
}

// sent reports whether the field was sent, empty or not.
func (in ClientInput) sent(key string) bool {
	_, ok := in.Text[key]
	return ok
}

// bankOnly reports whether nothing but bank data was sent (contract 5.25).
func (in ClientInput) bankOnly() bool {
	for key := range in.Text {
		if !firstAccountText[key] {
			return false
		}
	}
	return len(in.Other) == 0
}

// checkDocument holds the number of a document to the length of its type,
// nothing else (contract 4.6).
func checkDocument(kind, number string) error {
	n := utf8.RuneCountInString(number)
	switch kind {
	case DNI:
		if n != 8 {
			return Errorf(Invalid, "El DNI debe tener 8 dígitos")
		}
	case CE:
		if n < 9 || n > 12 {
			return Errorf(Invalid, "El CE debe tener entre 9 y 12 caracteres")
		}
	case RUC:
		if n != 11 {
			return Errorf(Invalid, "El RUC debe tener 11 dígitos")
		}
	default:
		return Errorf(Invalid, "El tipo de documento debe ser DNI, CE o RUC")
	}
	return nil
}

// checkNames fails when one of the name parts that the type needs is missing.
func (c *Client) checkNames() error {
	parts := map[string]*string{"apellido_paterno": c.ApellidoPaterno, "apellido_materno": c.ApellidoMaterno, "nombres": c.Nombres}
	order := []string{"apellido_paterno", "apellido_materno", "nombres"}
	if c.DocumentType == RUC {
		parts, order = map[string]*string{"razon_social": c.RazonSocial}, []string{"razon_social"}
	}
	for _, key := range order {
		if parts[key] == nil {
			return Errorf(Invalid, "El campo %s es obligatorio", key)
		}
	}
	return nil
}

// nameColumns are the text columns that belong to the client's document type, by wire
// name; fields of the other type are ignored.
func (c *Client) nameColumns() map[string]**string {
	if c.DocumentType == RUC {
		return map[string]**string{"razon_social": &c.RazonSocial}
	}
	return map[string]**string{
		"apellido_paterno": &c.ApellidoPaterno, "apellido_materno": &c.ApellidoMaterno, "nombres": &c.Nombres,
	}
}

// addressColumns are the text columns of the address, by wire name.
func (c *Client) addressColumns() map[string]**string {
	return map[string]**string{
		"direccion": &c.Direccion, "distrito": &c.Distrito, "provincia": &c.Provincia, "departamento": &c.Departamento,
	}
}

// setEmail stores the address in lower case; its format is not enforced (contract 4.6).
func (c *Client) setEmail(email string) error {
	email = strings.ToLower(email)
	if email == "" {
		return Errorf(Invalid, "El email es obligatorio")
	}
	// Lower case can be wider than what was measured.
	if utf8.RuneCountInString(email) > clientText["email"] {
		return Errorf(Invalid, "El campo email no puede superar %d caracteres", clientText["email"])
	}
	c.Email = email
	return nil
}
