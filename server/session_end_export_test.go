package server

// ExpireSessions ends what the clock says is over.
func (s *Server) ExpireSessions() {
	for _, watch := range s.watches {
		watch.Expire()
	}
}
