package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Users is the people of the desk (contract 3.3).
type Users struct {
	store  *models.Store
	hasher *models.Hasher
}

// NewUsers hashes passwords with hasher.
func NewUsers(store *models.Store, hasher *models.Hasher) *Users {
	return &Users{store: store, hasher: hasher}
}

// List answers GET /users/api/list, newest first.
func (u *Users) List(c *gin.Context) {
	list, err := u.store.ListUsers(c.Request.Context())
	u.answerList(c, list, err)
}

// ByRole answers GET /users/api/by_role/<role>.
func (u *Users) ByRole(c *gin.Context) {
	list, err := u.store.UsersByRole(c.Request.Context(), c.Param("role"))
	u.answerList(c, list, err)
}

// Active answers GET /users/api/active.
func (u *Users) Active(c *gin.Context) {
	list, err := u.store.ActiveUsers(c.Request.Context())
	u.answerList(c, list, err)
}

// answerList shows users whole to a Master and as colleagues to everybody else.
func (u *Users) answerList(c *gin.Context, list []models.User, err error) {
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	show := colleague
	if middleware.IdentityOf(c).Role == models.Master {
		show = userDict
	}
	users := make([]UserDict, 0, len(list))
	for _, user := range list {
		users = append(users, show(user))
	}
	answer(c, http.StatusOK, gin.H{"users": users})
}

// Get answers GET /users/api/<id>, with what the user created.
func (u *Users) Get(c *gin.Context) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	user, err := u.store.UserByID(c.Request.Context(), id)
	var count models.UserOperations
	if err == nil {
		count, err = u.store.OperationsOf(c.Request.Context(), id)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, http.StatusOK, gin.H{
		"user": struct {
			UserDict
			OperationsCount int64 `json:"operations_count"`
		}{userDict(user), count.Total},
		"stats": gin.H{
			"total_operations": count.Total, "completed_operations": count.Completed, "pending_operations": count.Pending,
			"in_process_operations": count.InProcess, "canceled_operations": count.Canceled,
		},
	})
}
