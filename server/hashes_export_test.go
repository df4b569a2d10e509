package server

// PeakHashes is the most password hashes that were ever computed at the same time.
func (s *Server) PeakHashes() int { return s.hasher.Peak() }
