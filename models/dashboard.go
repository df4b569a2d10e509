package models

import "context"

// Activity sums up the operations that were created in a period. Counts with no
// status in their name, and the sums, are of completed operations only unless it
// says otherwise (contract 3.6, "Meaning"). Sums are exact, to the cent.
type Activity struct {
	All           int   // operations of every status
	AllClients    int   // distinct clients of operations of every status
	Completed     int   // operations
	Pending       int   // operations
	InProcess     int   // operations
	Canceled      int   // operations
	UniqueClients int   // distinct clients of completed operations
	USD           Money // completed
	PEN           Money // completed
	SoldPEN       Money // completed Venta
	BoughtPEN     Money // completed Compra
}

// Profit is what the desk earned: PEN of completed sales minus PEN of completed
// purchases (contract 3.6, "Meaning").
func (a Activity) Profit() Money { return a.SoldPEN.Minus(a.BoughtPEN) }

// ActivityIn sums up the operations created in the period, of one trader (their
// creator) or with trader 0 of the whole desk.
func (q Queries) ActivityIn(ctx context.Context, p Period, trader int64) (Activity, error) {
	var row Activity
	err := q.q(ctx).Raw(`SELECT
		COUNT(*), COUNT(DISTINCT client_id),
		COUNT(CASE WHEN status = 'Completada' THEN 1 END), COUNT(CASE WHEN status = 'Pendiente' THEN 1 END),
		COUNT(CASE WHEN status = 'En proceso' THEN 1 END), COUNT(CASE WHEN status = 'Cancelado' THEN 1 END),
		COUNT(DISTINCT CASE WHEN status = 'Completada' THEN client_id END),
		SUM(CASE WHEN status = 'Completada' THEN CAST(ROUND(amount_usd * 100) AS bigint) END),
		SUM(CASE WHEN status = 'Completada' THEN CAST(ROUND(amount_pen * 100) AS bigint) END),
		SUM(CASE WHEN status = 'Completada' AND operation_type = 'Venta' THEN CAST(ROUND(amount_pen * 100) AS bigint) END),
		SUM(CASE WHEN status = 'Completada' AND operation_type = 'Compra' THEN CAST(ROUND(amount_pen * 100) AS bigint) END)
		FROM operations WHERE created_at >= ? AND created_at < ? AND (? = 0 OR user_id = ?)`, p.From, p.To, trader, trader).
		Row().Scan(&row.All, &row.AllClients, &row.Completed, &row.Pending, &row.InProcess, &row.Canceled,
		&row.UniqueClients, &row.USD, &row.PEN, &row.SoldPEN, &row.BoughtPEN)
	if err != nil {
		return Activity{}, unavailable(err)
	}
	for _, sum := range []*Money{&row.USD, &row.PEN, &row.SoldPEN, &row.BoughtPEN} {
		*sum = fromCents(*sum)
	}
	return row, nil
}

// ClientsCreated counts the clients that were registered in each of the two periods.
func (q Queries) ClientsCreated(ctx context.Context, a, b Period) (inA, inB int, err error) {
	err = q.q(ctx).Raw(`SELECT COUNT(CASE WHEN created_at >= ? AND created_at < ? THEN 1 END),
		COUNT(CASE WHEN created_at >= ? AND created_at < ? THEN 1 END) FROM clients`, a.From, a.To, b.From, b.To).
		Row().Scan(&inA, &inB)
	return inA, inB, unavailable(err)
}

// Census counts who is registered.
type Census struct{ Users, ActiveUsers, Clients, ActiveClients int }

// TakeCensus counts users and clients, active by their status.
func (q Queries) TakeCensus(ctx context.Context) (Census, error) {
	var c Census
	err := q.q(ctx).Raw(`SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM users WHERE status = 'Activo'),
		(SELECT COUNT(*) FROM clients), (SELECT COUNT(*) FROM clients WHERE status = 'Activo')`).
		Row().Scan(&c.Users, &c.ActiveUsers, &c.Clients, &c.ActiveClients)
	return c, unavailable(err)
}
