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

// Deposit is what the client pays in; every field may be missing (contract 2.7).
type Deposit struct {
	Importe         *Money  `json:"importe,omitempty"`
	CodigoOperacion *string `json:"codigo_operacion,omitempty"`
	CuentaCargo     *string `json:"cuenta_cargo,omitempty"`
	ComprobanteURL  *string `json:"comprobante_url,omitempty"`
}

// Payment is what the client is paid.
type Payment struct {
	Importe       *Money  `json:"importe,omitempty"`
	CuentaDestino *string `json:"cuenta_destino,omitempty"`
}

// Proof is an operator's proof of payment.
type Proof struct {
	ComprobanteURL string `json:"comprobante_url"`
	Comentario     string `json:"comentario"`
}

// Modification is one line of an operation's modification log.
type Modification struct {
	Fecha         string `json:"fecha"`
	Usuario       string `json:"usuario"`
	UsuarioID     *int64 `json:"usuario_id"`
	Campo         string `json:"campo"`
	ValorAnterior string `json:"valor_anterior"`
	ValorNuevo    string `json:"valor_nuevo"`
}

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
