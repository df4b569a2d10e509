package console

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// usersMost bounds the list of a picker.
const usersMost = 50

// userJSON is a user to be chosen. Online means a socket on some node.
type userJSON struct {
	UserID   int64  `json:"user_id"`
	Username string `json:"username"`
	Role     string `json:"role"`
	Status   string `json:"status"`
	Online   bool   `json:"online"`
}

// usersJSON are users by username.
type usersJSON struct {
	Success bool       `json:"success"`
	Users   []userJSON `json:"users"`
}

// Users answers GET /console/api/users: users of any status whose name has q in it.
func (s *Service) Users(c *gin.Context) {
	ctx := c.Request.Context()
	q, err := textQuery(c, "q")
	var users []models.User
	if err == nil {
		users, err = s.config.Store.SearchUsers(ctx, q, usersMost)
	}
	var present map[int64]bool
	if err == nil {
		present, err = s.present(ctx)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	out := usersJSON{Success: true, Users: make([]userJSON, 0, len(users))}
	for _, u := range users {
		out.Users = append(out.Users, userJSON{u.ID, u.Username, u.Role, u.Status, present[u.ID]})
	}
	c.JSON(http.StatusOK, out)
}

// present is who is online: the database says it of all nodes, a moment later than this
// node knows it of its own sockets.
func (s *Service) present(ctx context.Context) (map[int64]bool, error) {
	ids, err := s.config.Store.UsersPresent(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	s.config.Engine.EachSocket(func(socket live.SocketState) {
		if !socket.Identity.Anonymous() {
			out[socket.Identity.UserID] = true
		}
	})
	return out, nil
}
