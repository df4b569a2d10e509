package models

import "slices"

// ClientDocuments lists the documents that a client of the type has, by form field
// (contract 3.4). validation_oc_file is taken by a route of its own.
func ClientDocuments(documentType string) []string {
	if documentType == RUC {
		return []string{"dni_representante_front", "dni_representante_back", "ficha_ruc"}
	}
	return []string{"dni_front", "dni_back"}
}

// SetDocuments notes the URLs of the client's documents, by form field.
func (c *Client) SetDocuments(urls map[string]string) {
	for field, url := range urls {
		if column := c.documentColumn(field); column != nil {
			*column = &url
		}
	}
}

func (c *Client) documentColumn(field string) **string {
	return map[string]**string{
		"dni_front": &c.DNIFrontURL, "dni_back": &c.DNIBackURL,
		"dni_representante_front": &c.DNIRepresentanteFrontURL, "dni_representante_back": &c.DNIRepresentanteBackURL,
		"ficha_ruc": &c.FichaRUCURL, "validation_oc": &c.ValidationOCURL,
	}[field]
}

// UpdateClientDocuments stores URLs of documents, by form field; validation_oc is the
// one of the officer. Code NotFound for an unknown client.
func (tx *Tx) UpdateClientDocuments(by Actor, id int64, urls map[string]string) (Client, error) {
	c, err := tx.lockClient(id)
	if err != nil {
		return Client{}, err
	}
	c.SetDocuments(urls)
	var columns []string
	for field := range urls {
		if c.documentColumn(field) == nil {
			return Client{}, Errorf(Invalid, "Documento desconocido: %s", field)
		}
		columns = append(columns, field+"_url")
	}
	slices.Sort(columns)
	return c, tx.saveClient(by, &c, "Documentos actualizados: "+c.label(), columns...)
}
