package console

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// meJSON is what the page has to know of who looks and of this server.
type meJSON struct {
	Success     bool        `json:"success"`
	UserID      int64       `json:"user_id"`
	Username    string      `json:"username"`
	Role        string      `json:"role"`
	CanAct      bool        `json:"can_act"`
	CSRF        string      `json:"csrf_token"`
	Node        string      `json:"node"`
	Version     string      `json:"version"`
	SocketPath  string      `json:"socket_path"`
	Emergencies bool        `json:"emergencies"`
	RetentionMS int64       `json:"retention_ms"`
	AdminUI     bool        `json:"admin_ui"`
	Console     lookersJSON `json:"console"`
	Events      []string    `json:"events"`
	AllRoles    []string    `json:"all_roles"`
}

// lookersJSON are the roles that may look.
type lookersJSON struct {
	Roles []string `json:"roles"`
}

// enter sends who is not signed in to the sign-in page.
func (s *Service) enter(c *gin.Context) {
	if middleware.IdentityOf(c).Anonymous() {
		middleware.RequireRole()(c)
	}
}

// Me answers GET /console/api/me.
func (s *Service) Me(c *gin.Context) {
	id, setup := middleware.IdentityOf(c), s.config.Setup
	names := []string{}
	for _, row := range events.All() {
		if !slices.Contains(names, row.Name) {
			names = append(names, row.Name)
		}
	}
	slices.Sort(names)
	c.JSON(http.StatusOK, meJSON{
		Success: true, UserID: id.UserID, Username: id.Username, Role: id.Role, CanAct: mayAct(id), CSRF: s.config.CSRF(c),
		Node: setup.Node, Version: setup.Version.Version, SocketPath: setup.SocketPath, Emergencies: setup.Emergencies,
		RetentionMS: setup.Retention.Milliseconds(), AdminUI: setup.AdminUI, Console: lookersJSON{s.access.lookers()},
		Events: names, AllRoles: slices.Clone(models.Roles),
	})
}
