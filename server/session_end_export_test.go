package server

// ExpireSessions ends what the clock says is over.
func (s *Server) ExpireSessions() { s.watch.Expire() }
