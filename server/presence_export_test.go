package server

// PresenceOpen is how many users have a socket or one that is not written off yet.
func (s *Server) PresenceOpen() int {
	c := s.presence.Counts()
	return c.Users + c.Unwritten
}
