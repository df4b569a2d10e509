package api

import "github.com/relevo/relevo/models"

// clientJSON is ClientDict (contract 2.7): the fields of both document types, then
// those of its own, the rest being left out.
type clientJSON struct {
	ID                int64                               `json:"id"`
	DocumentType      string                              `json:"document_type"`
	DNI               string                              `json:"dni"`
	FullName          *string                             `json:"full_name"`
	Email             string                              `json:"email"`
	Phone             *string                             `json:"phone"`
	Status            string                              `json:"status"`
	CreatedAt         *models.LimaTime                    `json:"created_at"`
	UpdatedAt         *models.LimaTime                    `json:"updated_at"`
	BankAccounts      models.JSONText[models.BankAccount] `json:"bank_accounts"`
	CreatedByID       *int64                              `json:"created_by_id"`
	CreatedByUsername *string                             `json:"created_by_username"`
	CreatedByRole     *string                             `json:"created_by_role"`
	Direccion         *string                             `json:"direccion"`
	Distrito          *string                             `json:"distrito"`
	Provincia         *string                             `json:"provincia"`
	Departamento      *string                             `json:"departamento"`
	FullAddress       *string                             `json:"full_address"`
	ValidationOCURL   *string                             `json:"validation_oc_url"`
	BankName          *string                             `json:"bank_name"`
	AccountType       *string                             `json:"account_type"`
	Currency          *string                             `json:"currency"`
	BankAccountNumber *string                             `json:"bank_account_number"`
	Origen            *string                             `json:"origen"`
	*companyJSON
	*personJSON
	*clientTotalsJSON
}

// companyJSON is what a RUC adds.
type companyJSON struct {
	RazonSocial              *string `json:"razon_social"`
	PersonaContacto          *string `json:"persona_contacto"`
	DNIRepresentanteFrontURL *string `json:"dni_representante_front_url"`
	DNIRepresentanteBackURL  *string `json:"dni_representante_back_url"`
	FichaRUCURL              *string `json:"ficha_ruc_url"`
}

// personJSON is what a DNI or CE adds.
type personJSON struct {
	ApellidoPaterno *string `json:"apellido_paterno"`
	ApellidoMaterno *string `json:"apellido_materno"`
	Nombres         *string `json:"nombres"`
	DNIFrontURL     *string `json:"dni_front_url"`
	DNIBackURL      *string `json:"dni_back_url"`
}

// clientTotalsJSON is added where stats are asked for.
type clientTotalsJSON struct {
	TotalOperations int64        `json:"total_operations"`
	TotalUSDTraded  models.Money `json:"total_usd_traded"`
}

// clientOf is a client without stats.
func clientOf(c models.Client) clientJSON {
	out := clientJSON{
		ID: c.ID, DocumentType: c.DocumentType, DNI: c.DNI, FullName: c.DisplayName(), Email: c.Email, Phone: c.Phone,
		Status: c.Status, CreatedAt: &c.CreatedAt, UpdatedAt: c.UpdatedAt, BankAccounts: c.BankAccounts,
		CreatedByID: c.CreatedBy, Direccion: c.Direccion, Distrito: c.Distrito, Provincia: c.Provincia,
		Departamento: c.Departamento, FullAddress: c.FullAddress(), ValidationOCURL: c.ValidationOCURL,
		BankName: c.BankName, AccountType: c.AccountType, Currency: c.Currency, BankAccountNumber: c.BankAccountNumber,
		Origen: c.Origen,
	}
	if c.Creator != nil {
		out.CreatedByUsername, out.CreatedByRole = &c.Creator.Username, &c.Creator.Role
	}
	if c.DocumentType == models.RUC {
		out.companyJSON = &companyJSON{c.RazonSocial, c.PersonaContacto, c.DNIRepresentanteFrontURL, c.DNIRepresentanteBackURL, c.FichaRUCURL}
	} else {
		out.personJSON = &personJSON{c.ApellidoPaterno, c.ApellidoMaterno, c.Nombres, c.DNIFrontURL, c.DNIBackURL}
	}
	return out
}

// clientWithStats is a client with its totals.
func clientWithStats(c models.Client, s models.ClientStats) clientJSON {
	out := clientOf(c)
	out.clientTotalsJSON = &clientTotalsJSON{s.TotalOperations, s.TotalUSDTraded}
	return out
}

func clientsOf(rows []models.Client) []clientJSON {
	out := make([]clientJSON, len(rows))
	for i, c := range rows {
		out[i] = clientOf(c)
	}
	return out
}
