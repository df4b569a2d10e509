package api

import "github.com/relevo/relevo/models"

// operationJSON is OperationDict with relations (contract 2.7).
type operationJSON struct {
	ID                   int64                                `json:"id"`
	OperationID          string                               `json:"operation_id"`
	ClientID             int64                                `json:"client_id"`
	UserID               int64                                `json:"user_id"`
	OperationType        string                               `json:"operation_type"`
	AmountUSD            models.Money                         `json:"amount_usd"`
	ExchangeRate         models.Money                         `json:"exchange_rate"`
	AmountPEN            models.Money                         `json:"amount_pen"`
	SourceAccount        *string                              `json:"source_account"`
	DestinationAccount   *string                              `json:"destination_account"`
	PaymentProofURL      *string                              `json:"payment_proof_url"`
	OperatorProofURL     *string                              `json:"operator_proof_url"`
	Status               string                               `json:"status"`
	Notes                *string                              `json:"notes"`
	CreatedAt            models.LimaTime                      `json:"created_at"`
	UpdatedAt            *models.LimaTime                     `json:"updated_at"`
	CompletedAt          *models.LimaTime                     `json:"completed_at"`
	InProcessSince       *models.LimaTime                     `json:"in_process_since"`
	TimeInProcessMinutes *int64                               `json:"time_in_process_minutes"`
	ClientDeposits       models.JSONText[models.Deposit]      `json:"client_deposits"`
	ClientPayments       models.JSONText[models.Payment]      `json:"client_payments"`
	OperatorProofs       models.JSONText[models.Proof]        `json:"operator_proofs"`
	ModificationLogs     models.JSONText[models.Modification] `json:"modification_logs"`
	OperatorComments     *string                              `json:"operator_comments"`
	TotalDeposits        models.Money                         `json:"total_deposits"`
	TotalPayments        models.Money                         `json:"total_payments"`
	NotesReadBy          models.JSONText[int64]               `json:"notes_read_by"`
	AssignedOperatorID   *int64                               `json:"assigned_operator_id"`
	ClientName           *string                              `json:"client_name"`
	ClientBankAccounts   models.JSONText[models.BankAccount]  `json:"client_bank_accounts"`
	SourceBankName       string                               `json:"source_bank_name"`
	DestinationBankName  string                               `json:"destination_bank_name"`
	UserName             *string                              `json:"user_name"`
	AssignedOperatorName *string                              `json:"assigned_operator_name"`
}

// newOperationJSON shows an operation that was read with its relations.
func newOperationJSON(op models.Operation, now models.LimaTime) operationJSON {
	out := operationJSON{
		ID: op.ID, OperationID: op.OperationID, ClientID: op.ClientID, UserID: op.UserID,
		OperationType: op.OperationType, AmountUSD: op.AmountUSD, ExchangeRate: op.ExchangeRate, AmountPEN: op.AmountPEN,
		SourceAccount: op.SourceAccount, DestinationAccount: op.DestinationAccount,
		PaymentProofURL: op.PaymentProofURL, OperatorProofURL: op.OperatorProofURL,
		Status: op.Status, Notes: op.Notes, CreatedAt: op.CreatedAt, UpdatedAt: op.UpdatedAt,
		CompletedAt: op.CompletedAt, InProcessSince: op.InProcessSince, TimeInProcessMinutes: op.MinutesInProcess(now),
		ClientDeposits: op.ClientDeposits, ClientPayments: op.ClientPayments, OperatorProofs: op.OperatorProofs,
		ModificationLogs: op.ModificationLogs, OperatorComments: op.OperatorComments,
		TotalDeposits: op.TotalDeposits(), TotalPayments: op.TotalPayments(),
		NotesReadBy: op.NotesReadBy, AssignedOperatorID: op.AssignedOperatorID,
		ClientName: op.Client.StoredName(), ClientBankAccounts: op.Client.BankAccounts,
		SourceBankName: op.BankOf(op.SourceAccount), DestinationBankName: op.BankOf(op.DestinationAccount),
	}
	if op.User.ID != 0 {
		out.UserName = &op.User.Username
	}
	if op.AssignedOperator != nil {
		out.AssignedOperatorName = &op.AssignedOperator.Username
	}
	return out
}

// operationsJSON shows a list; without operations it is [].
func operationsJSON(ops []models.Operation, now models.LimaTime) []operationJSON {
	out := make([]operationJSON, 0, len(ops))
	for _, op := range ops {
		out = append(out, newOperationJSON(op, now))
	}
	return out
}
