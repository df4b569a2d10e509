package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxGoals bounds one save.
const maxGoals = 1000

// Goals serves the monthly goals of the traders (contract 3.6).
type Goals struct{ store *models.Store }

// NewGoals reads and writes store.
func NewGoals(store *models.Store) *Goals { return &Goals{store} }

// Traders is GET /dashboard/api/traders: the active ones.
func (g *Goals) Traders(c *gin.Context) {
	users, err := g.store.ActiveTraders(c.Request.Context())
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	traders := make([]gin.H, 0, len(users))
	for _, u := range users {
		traders = append(traders, gin.H{"id": u.ID, "username": u.Username, "email": u.Email})
	}
	c.JSON(http.StatusOK, gin.H{"traders": traders})
}

// List is GET /dashboard/api/goals: every trader with the goal of the month; month
// and year are required.
func (g *Goals) List(c *gin.Context) {
	var month models.Month
	err := readMonth(c, &month)
	var rows []models.GoalOfTrader
	if err == nil {
		rows, err = g.store.GoalsOfTraders(c.Request.Context(), month)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	traders := make([]gin.H, 0, len(rows))
	for _, r := range rows {
		traders = append(traders, gin.H{
			"id": r.ID, "username": r.Username, "email": r.Email, "status": r.Status, "goal_amount": r.GoalAmount,
		})
	}
	c.JSON(http.StatusOK, gin.H{"traders": traders})
}

type goalsBody struct {
	Goals []struct {
		TraderID      *int64        `json:"trader_id"`
		Month         int           `json:"month"`
		Year          int           `json:"year"`
		GoalAmountPEN *models.Money `json:"goal_amount_pen"`
	} `json:"goals"`
}

// Save is POST /dashboard/api/goals/save: all of the list or nothing of it; unknown
// traders are skipped. Nothing is audited and no event is sent (contract 2.4, 4.4).
func (g *Goals) Save(c *gin.Context) {
	var body goalsBody
	if !middleware.ReadJSON(c, &body, maxBody) {
		return
	}
	if len(body.Goals) == 0 || len(body.Goals) > maxGoals {
		middleware.Refuse(c, models.Errorf(models.Invalid, "Debe enviar entre 1 y %d metas", maxGoals))
		return
	}
	goals := make([]models.Goal, 0, len(body.Goals))
	for _, item := range body.Goals {
		if item.TraderID == nil || item.GoalAmountPEN == nil {
			middleware.Refuse(c, models.Errorf(models.Invalid, "Cada meta requiere trader_id y goal_amount_pen"))
			return
		}
		goals = append(goals, models.Goal{
			Trader: *item.TraderID, Month: models.Month{Year: item.Year, Month: item.Month}, Amount: *item.GoalAmountPEN,
		})
	}
	saved := 0
	err := g.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		var err error
		saved, err = tx.SaveGoals(c.Request.Context(), middleware.ActorOf(c), goals)
		return err
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	message := "Metas guardadas correctamente"
	if saved < len(goals) {
		message = "Metas guardadas; se omitieron las de traders desconocidos"
	}
	answer(c, http.StatusOK, gin.H{"message": message})
}
