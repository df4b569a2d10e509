package api

import (
	"context"
	"math"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Dashboard serves the numbers of the desk (contract 3.6). Its successful reads
// carry no "success" key. "Today" is the day in Lima (contract 5.30).
type Dashboard struct{ store *models.Store }

// NewDashboard reads from store.
func NewDashboard(store *models.Store) *Dashboard { return &Dashboard{store} }

type todayNumbers struct {
	OperationsCount int          `json:"operations_count"`
	CompletedCount  int          `json:"completed_count"`
	PendingCount    int          `json:"pending_count"`
	InProcessCount  int          `json:"in_process_count"`
	CanceledCount   *int         `json:"canceled_count,omitempty"` // nil in /stats/today
	UniqueClients   int          `json:"unique_clients"`
	TotalUSD        models.Money `json:"total_usd"`
	TotalPEN        models.Money `json:"total_pen"`
	ProfitToday     models.Money `json:"profit_today"`
}

type monthNumbers struct {
	OperationsCount     int          `json:"operations_count"`
	CompletedCount      int          `json:"completed_count"`
	PendingCount        int          `json:"pending_count"`
	InProcessCount      int          `json:"in_process_count"`
	CanceledCount       int          `json:"canceled_count"`
	CompletedCountToday int          `json:"completed_count_today"`
	UniqueClients       int          `json:"unique_clients"`
	ActiveClients       int          `json:"active_clients"`
	TotalUSD            models.Money `json:"total_usd"`
	TotalPEN            models.Money `json:"total_pen"`
	ProfitMonth         models.Money `json:"profit_month"`
	GoalAmount          models.Money `json:"goal_amount"`
}

// All is GET /dashboard/api/dashboard/all.
func (d *Dashboard) All(c *gin.Context) {
	f, ok := readDashboardFilter(c, d.store.Now())
	if !ok {
		return
	}
	today, month, err := d.numbers(c.Request.Context(), f)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	system := gin.H{}
	if middleware.IdentityOf(c).Role == models.Master {
		census, err := d.store.TakeCensus(c.Request.Context())
		if err != nil {
			middleware.Refuse(c, err)
			return
		}
		system = gin.H{"total_users": census.Users, "active_users": census.ActiveUsers}
	}
	c.JSON(http.StatusOK, gin.H{"today": today, "month": month, "system": system})
}

// Today is GET /dashboard/api/stats/today.
func (d *Dashboard) Today(c *gin.Context) {
	f, ok := readDashboardFilter(c, d.store.Now())
	if !ok {
		return
	}
	today, _, err := d.numbers(c.Request.Context(), f)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	today.CanceledCount = nil
	c.JSON(http.StatusOK, today)
}

// Month is GET /dashboard/api/stats/month.
func (d *Dashboard) Month(c *gin.Context) {
	f, ok := readDashboardFilter(c, d.store.Now())
	if !ok {
		return
	}
	_, month, err := d.numbers(c.Request.Context(), f)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, month)
}

// Data is GET /dashboard/api/dashboard_data and its alias GET /api/dashboard_data
// (contract 5.21). Its counts of operations are over all statuses, its sums over
// completed ones; the four status counts and active_clients_month (clients with an
// operation) are of the month, clients_today and clients_month count registrations.
func (d *Dashboard) Data(c *gin.Context) {
	f, ok := readDashboardFilter(c, d.store.Now())
	if !ok {
		return
	}
	ctx := c.Request.Context()
	body, err := d.data(ctx, f, middleware.IdentityOf(c).Role == models.Master)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, body)
}

func (d *Dashboard) data(ctx context.Context, f dashboardFilter, census bool) (gin.H, error) {
	day, err := d.store.ActivityIn(ctx, f.today, 0)
	if err != nil {
		return nil, err
	}
	month, err := d.store.ActivityIn(ctx, f.month.Period(), 0)
	if err != nil {
		return nil, err
	}
	clientsToday, clientsMonth, err := d.store.ClientsCreated(ctx, f.today, f.month.Period())
	if err != nil {
		return nil, err
	}
	body := gin.H{
		"clients_today": clientsToday, "operations_today": day.All, "usd_today": day.USD, "pen_today": day.PEN,
		"clients_month": clientsMonth, "active_clients_month": month.AllClients, "operations_month": month.All,
		"usd_month": month.USD, "pen_month": month.PEN, "pending_count": month.Pending,
		"in_process_count": month.InProcess, "completed_count": month.Completed, "canceled_count": month.Canceled,
	}
	if !census {
		return body, nil
	}
	n, err := d.store.TakeCensus(ctx)
	if err != nil {
		return nil, err
	}
	body["total_users"], body["active_users"] = n.Users, n.ActiveUsers
	body["total_clients"], body["active_clients"] = n.Clients, n.ActiveClients
	return body, nil
}

// numbers computes the today and the month object. With a trader the profit is
// what was entered by hand, without one it is computed; the counters by status
// inside month are today's (contract 3.6, "Meaning").
func (d *Dashboard) numbers(ctx context.Context, f dashboardFilter) (*todayNumbers, *monthNumbers, error) {
	day, err := d.store.ActivityIn(ctx, f.today, f.trader)
	if err != nil {
		return nil, nil, err
	}
	month, err := d.store.ActivityIn(ctx, f.month.Period(), f.trader)
	if err != nil {
		return nil, nil, err
	}
	goal, err := d.store.GoalSum(ctx, f.trader, f.month)
	if err != nil {
		return nil, nil, err
	}
	profitToday, profitMonth := day.Profit(), month.Profit()
	if f.trader != 0 {
		profitToday, profitMonth, err = d.store.ProfitSums(ctx, f.trader, models.DayAt(f.today.From), f.month)
		if err != nil {
			return nil, nil, err
		}
	}
	return &todayNumbers{
			OperationsCount: day.Completed, CompletedCount: day.Completed, PendingCount: day.Pending,
			InProcessCount: day.InProcess, CanceledCount: &day.Canceled, UniqueClients: day.UniqueClients,
			TotalUSD: day.USD, TotalPEN: day.PEN, ProfitToday: profitToday,
		}, &monthNumbers{
			OperationsCount: month.Completed, CompletedCount: month.Completed, PendingCount: day.Pending,
			InProcessCount: day.InProcess, CanceledCount: day.Canceled, CompletedCountToday: day.Completed,
			UniqueClients: month.UniqueClients, ActiveClients: month.AllClients,
			TotalUSD: month.USD, TotalPEN: month.PEN, ProfitMonth: profitMonth, GoalAmount: goal,
		}, nil
}

// dashboardFilter is what the query asks for.
type dashboardFilter struct {
	today  models.Period
	month  models.Month
	trader int64 // 0 is the whole desk
}

// readDashboardFilter reads month, year and trader_id; blank ones are as if absent.
// A Master may look at any trader, everybody else only at themself (contract 5.13):
// others get 403. The whole desk, without trader_id, is open to every role, as the
// pages need it. It answers and reports false on refusal.
func readDashboardFilter(c *gin.Context, now models.LimaTime) (dashboardFilter, bool) {
	f := dashboardFilter{today: models.DayOf(now), month: models.MonthOf(now)}
	err := readMonth(c, &f.month)
	if err == nil {
		f.trader, err = queryInt(c, "trader_id", 0)
	}
	id := middleware.IdentityOf(c)
	if err == nil && f.trader != 0 && id.Role != models.Master && f.trader != id.UserID {
		err = models.Errorf(models.Forbidden, "No tiene permiso para ver los datos de otro usuario")
	}
	if err != nil {
		middleware.Refuse(c, err)
		return f, false
	}
	return f, true
}

// readMonth reads month and year over what m holds.
func readMonth(c *gin.Context, m *models.Month) error {
	month, err := queryInt(c, "month", int64(m.Month))
	if err != nil {
		return err
	}
	year, err := queryInt(c, "year", int64(m.Year))
	if err != nil {
		return err
	}
	m.Month, m.Year = int(month), int(year)
	return m.Check()
}

// queryInt reads a positive integer parameter; absent and blank give absent.
func queryInt(c *gin.Context, name string, absent int64) (int64, error) {
	text := c.Query(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return 0, models.Errorf(models.Invalid, "El parámetro %s debe ser un número entero positivo", name)
	}
	return n, nil
}
