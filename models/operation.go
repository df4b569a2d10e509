package models

// The operation types: the desk buys or sells USD (contract 4.3).
const (
	Compra = "Compra"
	Venta  = "Venta"
)

// The status of an operation (contract 4.7).
const (
	Pendiente  = "Pendiente"
	EnProceso  = "En proceso"
	Completada = "Completada"
	Cancelado  = "Cancelado"
)

// OperationNotFound is the message for an unknown operation.
const OperationNotFound = "Operación no encontrada"

// Operation is one exchange with a client (contract 4.3).
type Operation struct {
	ID                 int64 `gorm:"primaryKey"`
	OperationID        string
	ClientID           int64
	UserID             int64
	AssignedOperatorID *int64
	OperationType      string
	AmountUSD          Money `gorm:"column:amount_usd"`
	ExchangeRate       Money
	AmountPEN          Money `gorm:"column:amount_pen"`
	SourceAccount      *string
	DestinationAccount *string
	ClientDeposits     JSONText[Deposit]      `gorm:"column:client_deposits_json"`
	ClientPayments     JSONText[Payment]      `gorm:"column:client_payments_json"`
	OperatorProofs     JSONText[Proof]        `gorm:"column:operator_proofs_json"`
	ModificationLogs   JSONText[Modification] `gorm:"column:modification_logs_json"`
	NotesReadBy        JSONText[int64]        `gorm:"column:notes_read_by_json"`
	OperatorComments   *string
	Notes              *string
	PaymentProofURL    *string `gorm:"column:payment_proof_url"`
	OperatorProofURL   *string `gorm:"column:operator_proof_url"`
	Status             string
	CreatedAt          LimaTime  `gorm:"autoCreateTime:false"`
	UpdatedAt          *LimaTime `gorm:"autoUpdateTime:false"`
	CompletedAt        *LimaTime
	InProcessSince     *LimaTime
	Client             Client `gorm:"foreignKey:ClientID"`
	User               User   `gorm:"foreignKey:UserID"`
	AssignedOperator   *User  `gorm:"foreignKey:AssignedOperatorID"`
}

// Finished reports whether the status is final (contract 4.7).
func (o Operation) Finished() bool { return o.Status == Completada || o.Status == Cancelado }

// AssignedTo reports whether the user is the operator in charge.
func (o Operation) AssignedTo(user int64) bool {
	return o.AssignedOperatorID != nil && *o.AssignedOperatorID == user
}

// MinutesInProcess is the whole minutes since the operation was sent to process; nil
// unless it is in process with a start time (contract 2.7).
func (o Operation) MinutesInProcess(now LimaTime) *int64 {
	if o.Status != EnProceso || o.InProcessSince == nil {
		return nil
	}
	minutes := int64(now.Time().Sub(o.InProcessSince.Time()).Minutes())
	return &minutes
}

// TotalDeposits adds up what the client pays in; missing amounts count as 0.
func (o Operation) TotalDeposits() Money {
	var sum Money
	for _, d := range o.ClientDeposits {
		if d.Importe != nil {
			sum = sum.Plus(*d.Importe)
		}
	}
	return sum
}

// TotalPayments adds up what the client is paid; missing amounts count as 0.
func (o Operation) TotalPayments() Money {
	var sum Money
	for _, p := range o.ClientPayments {
		if p.Importe != nil {
			sum = sum.Plus(*p.Importe)
		}
	}
	return sum
}

// BankOf is the bank of the client's account with that number, "N/A" when there is
// none (contract 2.7).
func (o Operation) BankOf(account *string) string {
	if account != nil && *account != "" {
		for _, a := range o.Client.BankAccounts {
			if a.AccountNumber == *account && a.BankName != "" {
				return a.BankName
			}
		}
	}
	return "N/A"
}
