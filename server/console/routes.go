package console

import "github.com/gin-gonic/gin"

// Mount adds every route of the console. The session must be known by then, and CSRF
// tokens asked for.
func (s *Service) Mount(r gin.IRouter) {
	r.GET("/console", addSlash)
	r.GET("/console/", s.enter, s.Page)
	r.GET("/console/assets/*file", s.Asset)
	r.HEAD("/console/assets/*file", s.Asset)

	look := r.Group("/console/api", s.look())
	look.GET("/me", s.Me)
	look.GET("/now", s.Now)
	look.GET("/history", s.History)
	look.GET("/people", s.People)
	look.GET("/people/:id", s.Person)
	look.GET("/users", s.Users)
	look.GET("/events", s.Events)
	look.GET("/events/:id", s.Event)
	look.GET("/emergencies", s.Emergencies)
	look.GET("/health", s.Health)

	act := r.Group("/console/api/actions", s.act(), s.spend)
	act.POST("/sign_out", s.SignOut)
	act.POST("/disconnect", s.Disconnect)
	act.POST("/notify", s.Notify)
	act.POST("/resend", s.Resend)
	act.POST("/drain", s.Drain)
}
