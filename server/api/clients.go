package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Clients is the resource of contract 3.4.
type Clients struct {
	store *models.Store
	files *Files
}

// NewClients serves the clients of store; their documents go to files.
func NewClients(store *models.Store, files *Files) *Clients {
	return &Clients{store: store, files: files}
}

const (
	minSearch = 3   // characters
	maxSearch = 200 // the widest column that is searched
)

// List answers GET /clients/api/list.
func (h *Clients) List(c *gin.Context) {
	rows, err := h.store.Clients(c.Request.Context())
	answerClients(c, rows, err)
}

// Active answers GET /clients/api/active.
func (h *Clients) Active(c *gin.Context) {
	rows, err := h.store.ActiveClients(c.Request.Context())
	answerClients(c, rows, err)
}

// Search answers GET /clients/api/search?q=. % and _ are looked for as they are.
func (h *Clients) Search(c *gin.Context) {
	q := strings.TrimSpace(c.Query("q"))
	if n := utf8.RuneCountInString(q); n < minSearch || n > maxSearch || !utf8.ValidString(q) || strings.ContainsRune(q, 0) {
		middleware.Refuse(c, models.Errorf(models.Invalid, "La búsqueda debe tener entre %d y %d caracteres", minSearch, maxSearch))
		return
	}
	rows, err := h.store.SearchClients(c.Request.Context(), q)
	answerClients(c, rows, err)
}

func answerClients(c *gin.Context, rows []models.Client, err error) {
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{"clients": clientsOf(rows)})
}

// Get answers GET /clients/api/:id, with stats.
func (h *Clients) Get(c *gin.Context) {
	if row, stats, ok := h.read(c); ok {
		answer(c, http.StatusOK, gin.H{"client": clientWithStats(row, stats)})
	}
}

// Stats answers GET /clients/api/:id/stats. last_operation is the newest operation in
// the form in which the system replaced printed it: Lima time under the name GMT.
func (h *Clients) Stats(c *gin.Context) {
	_, s, ok := h.read(c)
	if !ok {
		return
	}
	var last *string
	if s.LastOperation != nil {
		text := s.LastOperation.Time().Format(http.TimeFormat)
		last = &text
	}
	answer(c, http.StatusOK, gin.H{"stats": gin.H{
		"total_operations": s.TotalOperations, "completed_operations": s.CompletedOperations,
		"pending_operations": s.PendingOperations, "in_process_operations": s.InProcessOperations,
		"total_usd_traded": s.TotalUSDTraded, "total_pen_traded": s.TotalPENTraded, "last_operation": last,
	}})
}

// read finds the client of the path with its stats; it answers and reports false when
// it cannot.
func (h *Clients) read(c *gin.Context) (models.Client, models.ClientStats, bool) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return models.Client{}, models.ClientStats{}, false
	}
	row, err := h.store.ClientByID(c.Request.Context(), id)
	if err != nil {
		middleware.Refuse(c, err)
		return models.Client{}, models.ClientStats{}, false
	}
	stats, err := h.store.ClientStats(c.Request.Context(), id)
	if err != nil {
		middleware.Refuse(c, err)
		return models.Client{}, models.ClientStats{}, false
	}
	return row, stats, true
}
