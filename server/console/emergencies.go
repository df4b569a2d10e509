package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// waitingMost bounds the list of requests that wait.
const waitingMost = 500

// waitingJSON is a request that nobody has evaluated; nothing personal is in it.
type waitingJSON struct {
	ID          int64          `json:"id"`
	RequestedAt models.Instant `json:"requested_at"`
	AgeMS       int64          `json:"age_ms"`
}

// emergenciesJSON are the requests that wait, the oldest first.
type emergenciesJSON struct {
	Success  bool          `json:"success"`
	Enabled  bool          `json:"enabled"`
	Waiting  []waitingJSON `json:"waiting"`
	OldestMS *int64        `json:"oldest_ms"`
}

// Emergencies answers GET /console/api/emergencies.
func (s *Service) Emergencies(c *gin.Context) {
	out := emergenciesJSON{Success: true, Enabled: s.config.Setup.Emergencies, Waiting: []waitingJSON{}}
	if out.Enabled {
		now := s.now()
		open, err := s.config.Store.OpenRequests(c.Request.Context(), now.Add(-s.config.Setup.OpenFor), waitingMost)
		if err != nil {
			middleware.Refuse(c, err)
			return
		}
		for _, request := range open {
			age := max(0, now.Sub(request.RequestedAt.Time()).Milliseconds())
			out.Waiting = append(out.Waiting, waitingJSON{request.ID, request.RequestedAt, age})
			if out.OldestMS == nil || age > *out.OldestMS {
				out.OldestMS = &age
			}
		}
	}
	c.JSON(http.StatusOK, out)
}
