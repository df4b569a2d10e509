package models

// The document types of clients (contract 4.6).
const (
	DNI = "DNI"
	CE  = "CE"
	RUC = "RUC"
)

// BankAccount is one account of a client (contract 2.7).
type BankAccount struct {
	Origen        string `json:"origen"`
	BankName      string `json:"bank_name"`
	AccountType   string `json:"account_type"`
	Currency      string `json:"currency"`
	AccountNumber string `json:"account_number"`
}

// Client is a customer of the desk (contract 4.2).
type Client struct {
	ID                       int64 `gorm:"primaryKey"`
	DocumentType             string
	ApellidoPaterno          *string
	ApellidoMaterno          *string
	Nombres                  *string
	RazonSocial              *string
	PersonaContacto          *string
	DNI                      string `gorm:"column:dni"`
	Email                    string
	Phone                    *string
	DNIFrontURL              *string `gorm:"column:dni_front_url"`
	DNIBackURL               *string `gorm:"column:dni_back_url"`
	DNIRepresentanteFrontURL *string `gorm:"column:dni_representante_front_url"`
	DNIRepresentanteBackURL  *string `gorm:"column:dni_representante_back_url"`
	FichaRUCURL              *string `gorm:"column:ficha_ruc_url"`
	ValidationOCURL          *string `gorm:"column:validation_oc_url"`
	Direccion                *string
	Distrito                 *string
	Provincia                *string
	Departamento             *string
	BankAccounts             JSONText[BankAccount] `gorm:"column:bank_accounts_json"`
	// The next five are overwritten from the first account.
	BankName          *string
	AccountType       *string
	Currency          *string
	BankAccountNumber *string
	Origen            *string
	BankAccountPEN    *string `gorm:"column:bank_account_pen"`
	BankAccountUSD    *string `gorm:"column:bank_account_usd"`
	Status            string
	CreatedAt         LimaTime  `gorm:"autoCreateTime:false"`
	UpdatedAt         *LimaTime `gorm:"autoUpdateTime:false"`
	CreatedBy         *int64
	Creator           *User `gorm:"foreignKey:CreatedBy"`
}
