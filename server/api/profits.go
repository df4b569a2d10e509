package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Profits serves the daily profits of the traders, entered by hand (contract 3.6).
type Profits struct{ store *models.Store }

// NewProfits reads and writes store.
func NewProfits(store *models.Store) *Profits { return &Profits{store} }

type profitBody struct {
	TraderID        *int64        `json:"trader_id"`
	ProfitDate      string        `json:"profit_date"`
	ProfitAmountPEN *models.Money `json:"profit_amount_pen"`
}

type profitObject struct {
	ID              int64            `json:"id"`
	UserID          int64            `json:"user_id"`
	TraderName      string           `json:"trader_name"`
	TraderEmail     string           `json:"trader_email"`
	ProfitDate      models.Day       `json:"profit_date"`
	ProfitAmountPEN models.Money     `json:"profit_amount_pen"`
	CreatedAt       models.LimaTime  `json:"created_at"`
	UpdatedAt       *models.LimaTime `json:"updated_at"`
}

func profitOf(p models.DailyProfit) profitObject {
	return profitObject{p.ID, p.UserID, p.User.Username, p.User.Email, p.ProfitDate, p.ProfitAmountPEN, p.CreatedAt, p.UpdatedAt}
}

// List is GET /dashboard/api/profits: the profits of one trader in one month, and
// today's whatever the month; trader_id, month and year are required.
func (p *Profits) List(c *gin.Context) {
	body, err := p.list(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, body)
}

func (p *Profits) list(c *gin.Context) (gin.H, error) {
	ctx := c.Request.Context()
	id, err := queryInt(c, "trader_id", 0)
	if err != nil {
		return nil, err
	}
	if id == 0 {
		return nil, models.Errorf(models.Invalid, "El parámetro trader_id es obligatorio")
	}
	var month models.Month
	if err := readMonth(c, &month); err != nil {
		return nil, err
	}
	trader, err := p.store.TraderByID(ctx, id)
	if err != nil {
		return nil, err
	}
	rows, err := p.store.ProfitsOf(ctx, id, month)
	if err != nil {
		return nil, err
	}
	today, sum, err := p.store.ProfitSums(ctx, id, models.DayAt(p.store.Now()), month)
	if err != nil {
		return nil, err
	}
	daily := make([]profitObject, 0, len(rows))
	for _, row := range rows {
		daily = append(daily, profitOf(row))
	}
	return gin.H{
		"trader_id": trader.ID, "trader_name": trader.Username, "month": month.Month, "year": month.Year,
		"profit_today": today, "accumulated_profit": sum, "daily_profits": daily,
	}, nil
}

// Save is POST /dashboard/api/profits/save. Saving a day again overwrites it.
// Nothing is audited and no event is sent (contract 2.4, 4.4).
func (p *Profits) Save(c *gin.Context) {
	var body profitBody
	if !middleware.ReadJSON(c, &body, maxBody) {
		return
	}
	saved, err := p.save(c, body)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"message": "Utilidad guardada correctamente", "data": profitOf(saved)})
}

func (p *Profits) save(c *gin.Context, body profitBody) (models.DailyProfit, error) {
	if body.TraderID == nil || body.ProfitAmountPEN == nil {
		return models.DailyProfit{}, models.Errorf(models.Invalid, "Los campos trader_id, profit_date y profit_amount_pen son obligatorios")
	}
	day, err := models.ParseDay(body.ProfitDate)
	if err != nil {
		return models.DailyProfit{}, err
	}
	var saved models.DailyProfit
	err = p.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		saved, err = tx.SaveProfit(c.Request.Context(), middleware.ActorOf(c), *body.TraderID, day, *body.ProfitAmountPEN)
		return err
	})
	return saved, err
}
