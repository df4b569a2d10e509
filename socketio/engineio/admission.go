package engineio

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"sync"
)

// place is what a handshake was given.
type place struct {
	address string
	release func() // what Options.Admit returned; nil for none
}

// admit reserves a place for a handshake of the address; the caller gives it to
// register or back to withdraw.
func (s *Server) admit(address string, r *http.Request) (place, *Refusal) {
	p := place{address: address}
	if refusal := s.reserve(address); refusal != nil {
		return p, refusal
	}
	if s.o.Admit == nil {
		return p, nil
	}
	var err error
	if p.release, err = s.o.Admit(r); err == nil {
		return p, nil
	}
	s.withdraw(p)
	return p, refusalOf(err, errCrowded)
}

func (s *Server) reserve(address string) *Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.draining, s.o.MaxConns > 0 && len(s.conns)+s.reserved >= s.o.MaxConns:
		return errFull
	case s.o.MaxConnsPerAddress > 0 && s.addresses[address] >= s.o.MaxConnsPerAddress:
		return errCrowded
	}
	s.reserved++
	s.addresses[address]++
	return nil
}

// withdraw gives a place back.
func (s *Server) withdraw(p place) {
	s.mu.Lock()
	s.reserved--
	s.vacate(p.address)
	s.mu.Unlock()
	p.end()
}

func (p place) end() {
	if p.release != nil {
		p.release()
	}
}

// vacate counts an address down; the caller holds mu.
func (s *Server) vacate(address string) {
	if s.addresses[address]--; s.addresses[address] <= 0 {
		delete(s.addresses, address)
	}
}

// register makes a connection known and starts its timer; false: the server is
// being drained, and the place has been given back.
func (s *Server) register(c *Conn) bool {
	s.mu.Lock()
	s.reserved--
	if s.draining {
		s.vacate(c.place.address)
		s.mu.Unlock()
		c.place.end()
		return false
	}
	s.conns[c.id] = c
	s.acquire()
	s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == phaseOpen {
		c.heard = s.wheel.Now()
		c.pingAt = c.heard + s.o.PingInterval
	}
	if c.phase != phaseGone {
		s.wheel.Start(&c.timer, c, c.next())
	}
	return true
}

// remove forgets a connection.
func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	known := s.conns[c.id] == c
	if known {
		delete(s.conns, c.id)
		s.vacate(c.place.address)
	}
	s.mu.Unlock()
	if known {
		c.place.end()
	}
}

// sidLength is that of 16 bytes in base64url without padding.
const sidLength = 22

// sidSource reads random bytes for many ids at once.
var sidSource struct {
	sync.Mutex
	random [1024]byte
	left   int
}

// newSID returns 128 random bits.
func newSID() string {
	src := &sidSource
	src.Lock()
	defer src.Unlock()
	if src.left < 16 {
		_, _ = rand.Read(src.random[:]) // never fails: the process ends instead
		src.left = len(src.random)
	}
	src.left -= 16
	bits := src.random[src.left : src.left+16]
	var sid [sidLength]byte
	base64.RawURLEncoding.Encode(sid[:], bits)
	clear(bits)
	return string(sid[:])
}
