package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Operations serves the operations of the desk (contract 3.5). Who may do what stands
// with the routes and, where it depends on the row, in models. Traders work desk-wide:
// any Trader may edit, send or cancel any pending operation (contract 4.7); operators
// change only what is assigned to them (contract 5.13).
type Operations struct {
	store *models.Store
	files *Files
}

// NewOperations works on store and keeps uploads in files.
func NewOperations(store *models.Store, files *Files) *Operations {
	return &Operations{store: store, files: files}
}

// listed answers with a list or the error that came instead.
func (o *Operations) listed(c *gin.Context, ops []models.Operation, err error) {
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"operations": operationsJSON(ops, o.store.Now())})
}

// List is GET /operations/api/list: today's, or with all=true every day's, narrowed by
// status or else by client_id.
func (o *Operations) List(c *gin.Context) {
	if c.Query("all") != "true" {
		o.Today(c)
		return
	}
	f := models.OperationFilter{Status: c.Query("status")}
	if s := c.Query("client_id"); s != "" && f.Status == "" {
		id, err := strconv.ParseInt(s, 10, 32)
		if err != nil || id <= 0 {
			middleware.Refuse(c, middleware.FieldError("client_id", "debe ser un entero positivo"))
			return
		}
		f.ClientID = id
	}
	ops, err := o.store.Operations(c.Request.Context(), f)
	o.listed(c, ops, err)
}

// Today is GET /operations/api/today.
func (o *Operations) Today(c *gin.Context) {
	ops, err := o.store.OperationsToday(c.Request.Context(), o.store.Now())
	o.listed(c, ops, err)
}

// ForOperator is GET /operations/api/for_operator: what is open, of any day and anyone.
func (o *Operations) ForOperator(c *gin.Context) {
	ops, err := o.store.OperationsOpen(c.Request.Context())
	o.listed(c, ops, err)
}

// Get is GET /operations/api/<id or EXP-…>.
func (o *Operations) Get(c *gin.Context) {
	op, err := o.store.OperationByKey(c.Request.Context(), c.Param("id"))
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"operation": newOperationJSON(op, o.store.Now())})
}

// ActiveOperators is GET /operations/api/get_active_operators: to whom an operation in
// process can be handed.
func (o *Operations) ActiveOperators(c *gin.Context) {
	users, err := o.store.OnlineOperators(c.Request.Context())
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := make([]gin.H, 0, len(users))
	for _, u := range users {
		out = append(out, gin.H{"id": u.ID, "username": u.Username, "email": u.Email})
	}
	answer(c, http.StatusOK, gin.H{"operators": out, "count": len(out)})
}

// overdueJSON is an operation that takes long.
type overdueJSON struct {
	operationJSON
	// ShouldAlert is true in minutes 10, 15, 20 …; pages poll once a minute.
	ShouldAlert bool `json:"should_alert"`
}

// CheckPending is GET /operations/api/check_pending_operations: the operator's own that
// are in process for ten minutes or more.
func (o *Operations) CheckPending(c *gin.Context) {
	now := o.store.Now()
	ops, err := o.store.OperationsOverdue(c.Request.Context(), middleware.IdentityOf(c).UserID, now)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := make([]overdueJSON, 0, len(ops))
	for _, op := range operationsJSON(ops, now) {
		m := op.TimeInProcessMinutes
		out = append(out, overdueJSON{op, m != nil && *m >= 10 && *m%5 == 0})
	}
	answer(c, http.StatusOK, gin.H{"pending_operations": out, "count": len(out)})
}

// MarkNotesRead is POST /operations/api/mark_notes_read/<id>. It tells nobody.
func (o *Operations) MarkNotesRead(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	var readers []int64
	err := o.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		readers, err = tx.MarkNotesRead(middleware.ActorOf(c), id)
		return err
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"message": "Notas marcadas como leídas", "notes_read_by": readers})
}
