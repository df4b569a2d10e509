package api

import (
	"net/http"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

// DashboardRoutes describes what Dashboard, Goals and Profits serve.
func DashboardRoutes() []openapi.Route {
	month := []openapi.Parameter{
		{Name: "month", Doc: "1 to 12; absent is this one.", Of: openapi.Integer(1, 12)}, {Name: "year", Doc: "Absent is this one.", Of: openapi.Integer(1, 0)},
	}
	trader := openapi.Parameter{Name: "trader_id", Doc: "Only this trader; a Master may ask for anybody, others for themselves.", Of: openapi.Integer(1, 0)}
	filter := append([]openapi.Parameter{trader}, month...)
	needed := []openapi.Parameter{trader, month[0], month[1]}
	for i := range needed {
		needed[i].Required, needed[i].Doc = true, ""
	}
	data := schema.Keys{
		"usd_today": models.Money{}, "pen_today": models.Money{}, "usd_month": models.Money{}, "pen_month": models.Money{},
	}
	for _, count := range []string{"clients_today", "operations_today", "clients_month", "active_clients_month", "operations_month",
		"pending_count", "in_process_count", "completed_count", "canceled_count"} {
		data[count] = 0
	}
	for _, count := range []string{"total_users", "active_users", "total_clients", "active_clients"} {
		data[count] = schema.Optional{Of: 0} // for a Master
	}
	number := schema.Optional{Of: 0}
	message := openapi.Success(schema.Keys{"message": ""})
	refused := []int{http.StatusForbidden}
	numbers := openapi.Route{Method: "GET", Query: filter, Answers: openapi.InJSON(data), Errors: refused, Summary: "Counts and sums of today and of a month."}
	plain, prefixed := numbers, numbers
	plain.Path, prefixed.Path = "/api/dashboard_data", "/dashboard/api/dashboard_data"
	return tagged("Dashboard", openapi.SignedIn, []openapi.Route{
		plain, prefixed,
		{Method: "GET", Path: "/dashboard/api/dashboard/all", Query: filter, Errors: refused, Summary: "All numbers of the dashboard.",
			Answers: openapi.InJSON(schema.Keys{
				"today": todayNumbers{}, "month": monthNumbers{}, "system": schema.Keys{"total_users": number, "active_users": number},
			})},
		{Method: "GET", Path: "/dashboard/api/stats/today", Query: filter, Errors: refused, Summary: "Numbers of today.", Answers: openapi.InJSON(todayNumbers{})},
		{Method: "GET", Path: "/dashboard/api/stats/month", Query: filter, Errors: refused, Summary: "Numbers of a month.", Answers: openapi.InJSON(monthNumbers{})},
		{Method: "GET", Path: "/dashboard/api/traders", Roles: onlyMaster, Summary: "Active traders.",
			Answers: openapi.InJSON(schema.Keys{"traders": schema.List{Of: schema.Keys{"id": 0, "username": "", "email": ""}}})},
		{Method: "GET", Path: "/dashboard/api/goals", Roles: onlyMaster, Query: needed[1:], Summary: "Goals of all traders in a month.",
			Answers: openapi.InJSON(schema.Keys{"traders": schema.List{Of: schema.Keys{
				"id": 0, "username": "", "email": "", "status": "", "goal_amount": models.Money{},
			}}})},
		{Method: "POST", Path: "/dashboard/api/goals/save", Roles: onlyMaster, Summary: "Saves goals, all or none.", Answers: message,
			Bodies: openapi.InJSON(schema.Keys{"goals": schema.List{Of: schema.Keys{
				"trader_id": 0, "month": 0, "year": 0, "goal_amount_pen": numberOrText(),
			}}})},
		{Method: "GET", Path: "/dashboard/api/profits", Roles: onlyMaster, Query: needed, Summary: "Daily profits of a trader in a month.",
			Errors: []int{http.StatusNotFound}, Answers: openapi.InJSON(schema.Keys{
				"trader_id": 0, "trader_name": "", "month": 0, "year": 0, "profit_today": models.Money{}, "accumulated_profit": models.Money{},
				"daily_profits": []profitObject{},
			})},
		{Method: "POST", Path: "/dashboard/api/profits/save", Roles: onlyMaster, Summary: "Saves the profit of a trader on a day.",
			Errors: []int{http.StatusNotFound}, Answers: openapi.Success(schema.Keys{"message": "", "data": profitObject{}}),
			Bodies: openapi.InJSON(schema.Keys{"trader_id": 0, "profit_date": models.Day(""), "profit_amount_pen": numberOrText()})},
	})
}
