package models

import "strings"

// DisplayName is the client's name in events and in full_name: the company name of a
// RUC, else paternal, maternal and first names joined by a space, in upper case; nil
// when all parts are empty (contract 2.1, 2.7).
func (c Client) DisplayName() *string {
	return upper(c.StoredName())
}

// StoredName is the client's name in the REST objects of operations: a company name in
// the case in which it is stored, a person's in upper case; nil when all parts are
// empty (contract 2.1).
func (c Client) StoredName() *string {
	if c.DocumentType == RUC {
		return joinedName(c.RazonSocial)
	}
	return upper(joinedName(c.ApellidoPaterno, c.ApellidoMaterno, c.Nombres))
}

func joinedName(parts ...*string) *string {
	var words []string
	for _, p := range parts {
		if p != nil && strings.TrimSpace(*p) != "" {
			words = append(words, strings.TrimSpace(*p))
		}
	}
	if len(words) == 0 {
		return nil
	}
	name := strings.Join(words, " ")
	return &name
}

func upper(s *string) *string {
	if s == nil {
		return nil
	}
	u := strings.ToUpper(*s)
	return &u
}

// FullAddress is the non-empty parts of the address joined by a comma; nil without any
// (contract 2.7).
func (c Client) FullAddress() *string {
	var parts []string
	for _, p := range []*string{c.Direccion, c.Distrito, c.Provincia, c.Departamento} {
		if p != nil && *p != "" {
			parts = append(parts, *p)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	address := strings.Join(parts, ", ")
	return &address
}
