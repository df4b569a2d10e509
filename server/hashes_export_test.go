package server

// PeakHashes is the most password hashes that were ever computed at the same time.
func (s *Server) PeakHashes() int { return s.hasher.Peak() }

// CheapHashes makes new hashes of a cost that tests under the race detector can afford.
func (s *Server) CheapHashes() { s.hasher.N = 1024 }
