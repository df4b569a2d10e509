package server

// ToldToEnd reports whether the console has told the process to end.
func (s *Server) ToldToEnd() bool {
	select {
	case <-s.ending.told:
		return true
	default:
		return false
	}
}
