package models

import (
	"context"
	"strings"

	"gorm.io/gorm"
)

// ClientNotFound is the message for an unknown client.
const ClientNotFound = "Cliente no encontrado"

// ClientByID returns the client with its creator. Code NotFound when there is none.
func (q Queries) ClientByID(ctx context.Context, id int64) (Client, error) {
	var c Client
	err := q.q(ctx).Preload("Creator").First(&c, id).Error
	return c, found(err, ClientNotFound)
}

// Clients returns all clients, newest first, with their creators.
func (q Queries) Clients(ctx context.Context) ([]Client, error) {
	return clients(q.q(ctx))
}

// ActiveClients returns the clients that may operate, newest first.
func (q Queries) ActiveClients(ctx context.Context) ([]Client, error) {
	return clients(q.q(ctx).Where("status = ?", Active))
}

// likeLiteral makes % and _ stand for themselves in LIKE ? ESCAPE '\'.
var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace

// SearchClients returns the clients of which the document, the e-mail, a name, the
// whole name or the company holds text, whatever the case, newest first. % and _ stand
// for themselves (the system replaced let them through as wildcards, which no page
// relied on).
func (q Queries) SearchClients(ctx context.Context, text string) ([]Client, error) {
	text = strings.TrimSpace(text)
	low := "%" + likeLiteral(strings.ToLower(text)) + "%"
	high := "%" + likeLiteral(strings.ToUpper(text)) + "%"
	fold := "lower"
	if q.db.Name() == string(SQLite) {
		fold = sqliteLower
	}
	var where []string
	var args []any
	for _, column := range []string{
		"dni", "email", "razon_social", "apellido_paterno", "apellido_materno", "nombres",
		"COALESCE(apellido_paterno, '') || ' ' || COALESCE(apellido_materno, '') || ' ' || COALESCE(nombres, '')",
	} {
		// A Postgres database of the C locale folds ASCII only; the second form finds
		// the names that the pages store in upper case there too.
		where = append(where, fold+"("+column+`) LIKE ? ESCAPE '\'`, "("+column+`) LIKE ? ESCAPE '\'`)
		args = append(args, low, high)
	}
	return clients(q.q(ctx).Where(strings.Join(where, " OR "), args...))
}

func clients(db *gorm.DB) ([]Client, error) {
	var out []Client
	if err := db.Preload("Creator").Order("created_at DESC, id DESC").Find(&out).Error; err != nil {
		return nil, unavailable(err)
	}
	return out, nil
}

// ClientStats counts a client's operations. The traded sums are of completed ones.
type ClientStats struct {
	TotalOperations     int64
	CompletedOperations int64
	PendingOperations   int64
	InProcessOperations int64
	TotalUSDTraded      Money `gorm:"column:total_usd_traded"`
	TotalPENTraded      Money `gorm:"column:total_pen_traded"`
	// LastOperation is when the newest operation was created; nil without any.
	LastOperation *LimaTime
}

// ClientStats returns the zero counts for a client without operations or an unknown one.
func (q Queries) ClientStats(ctx context.Context, id int64) (ClientStats, error) {
	var s ClientStats
	// SQLite adds as float; rounding to cents makes the sum exact again.
	err := q.q(ctx).Model(&Operation{}).Where("client_id = ?", id).Select(`COUNT(*) AS total_operations,
		COUNT(CASE WHEN status = ? THEN 1 END) AS completed_operations,
		COUNT(CASE WHEN status = ? THEN 1 END) AS pending_operations,
		COUNT(CASE WHEN status = ? THEN 1 END) AS in_process_operations,
		ROUND(SUM(CASE WHEN status = ? THEN amount_usd END), 2) AS total_usd_traded,
		ROUND(SUM(CASE WHEN status = ? THEN amount_pen END), 2) AS total_pen_traded,
		MAX(created_at) AS last_operation`,
		Completada, Pendiente, EnProceso, Completada, Completada).Scan(&s).Error
	if err != nil {
		return ClientStats{}, unavailable(err)
	}
	return s, nil
}
